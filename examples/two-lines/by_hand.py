"""Loads exported models, without manyfit, and compares each with one that is fitted here, bit by bit.

Usage: python by_hand.py <folder of exported models>
"""

import json
import sys
from pathlib import Path

import joblib
import pandas as pd
from sklearn.linear_model import LinearRegression

models, data = Path(sys.argv[1]), Path(__file__).parent
for entry in json.loads((models / "index.json").read_text())["models"]:
    model = joblib.load(models / entry["file"])
    name = entry["key"]["file"]
    points = pd.read_csv(data / name)
    by_hand = LinearRegression().fit(points[["x"]], points["y"])
    same = (model.coef_ == by_hand.coef_).all() and model.intercept_ == by_hand.intercept_
    print(name, model, f"slope {model.coef_[0]:.4f},", "the same by hand" if same else "another by hand")
