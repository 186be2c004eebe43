"""A straight line through the points of a file, by scikit-learn."""

from sklearn.linear_model import LinearRegression

columns = ["x", "y"]


def fit(df):
    return LinearRegression().fit(df[["x"]], df["y"])


def predict(model, df):
    return model.predict(df[["x"]])
