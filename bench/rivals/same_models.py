"""Whether a run of manyfit and a folder of joblib files hold the same models.

Arguments: models.parquet of the run, the column of its keys, the folder. Compares the coefficients of linear models, and of
forests what each tree predicts at 50 points. Prints one line of JSON: models compared, files in the folder, and the largest
difference relative to max(1, size); 0 means that all bits are the same.
"""

import io
import json
import os
import sys

import joblib
import numpy as np
import pyarrow.parquet as pq

POINTS = np.random.default_rng(1).normal(size=(50, 3)) * [10, 10, 1] + [100, 5, 0]


def answer_of(model):
    if hasattr(model, "coef_"):
        return np.append(model.coef_, model.intercept_)
    return np.array([tree.predict(POINTS.astype(np.float32)) for tree in model.estimators_])


if __name__ == "__main__":
    models, key, folder = sys.argv[1:]
    difference, count = 0.0, 0
    file = pq.ParquetFile(models)
    for batch in file.iter_batches(256, columns=[key, "model_blob"]):
        for row in batch.to_pylist():
            found = answer_of(joblib.load(io.BytesIO(row["model_blob"])))
            other = answer_of(joblib.load(os.path.join(folder, f"{row[key]}.joblib")))
            difference = max(difference, np.max(np.abs(found - other) / np.maximum(1, np.abs(other))))
            count += 1
    print(json.dumps({"models": count, "files": len(os.listdir(folder)), "difference": difference}))
