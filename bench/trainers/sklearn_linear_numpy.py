"""Linear regression of scikit-learn on arrays."""

import numpy as np
from sklearn.linear_model import LinearRegression

FEATURES = ["x1", "x2", "x3"]
columns = [*FEATURES, "y"]
frame = "numpy"


def fit(df):
    return LinearRegression().fit(np.column_stack([df[name] for name in FEATURES]), df["y"])
