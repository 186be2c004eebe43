"""A random forest of 100 trees of scikit-learn on a pandas frame. Its seed is fixed, so that rivals grow the same trees."""

from sklearn.ensemble import RandomForestRegressor

FEATURES = ["x1", "x2", "x3"]
columns = [*FEATURES, "y"]


def fit(df):
    return RandomForestRegressor(n_estimators=100, random_state=7).fit(df[FEATURES], df["y"])
