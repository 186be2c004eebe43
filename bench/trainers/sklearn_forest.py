"""A random forest of 100 trees of scikit-learn on a pandas frame."""

from sklearn.ensemble import RandomForestRegressor

FEATURES = ["x1", "x2", "x3"]
columns = [*FEATURES, "y"]


def fit(df, seed):
    return RandomForestRegressor(n_estimators=100, random_state=seed).fit(df[FEATURES], df["y"])
