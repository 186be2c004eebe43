"""Linear regression of scikit-learn on a pandas frame."""

from sklearn.linear_model import LinearRegression

FEATURES = ["x1", "x2", "x3"]
columns = [*FEATURES, "y"]


def fit(df):
    return LinearRegression().fit(df[FEATURES], df["y"])
