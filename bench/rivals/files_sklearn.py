"""What people write first for one model per file: read each with pandas, fit it with scikit-learn.

Arguments: folder of gzip CSV files, file to write, processes (1 is a plain loop, more are joblib's), target, features.
Prints one line of JSON. Coefficients only; a file that cannot be read ends it.
"""

import json
import os
import resource
import sys
import time

import joblib
import pandas as pd
from sklearn.linear_model import LinearRegression

folder, out, processes, target, *features = sys.argv[1:]


def fit(name):
    frame = pd.read_csv(os.path.join(folder, name))
    model = LinearRegression().fit(frame[features], frame[target])
    return (name, model.intercept_, *model.coef_)


if __name__ == "__main__":
    started = time.perf_counter()
    names = sorted(os.listdir(folder))
    if processes == "1":
        rows = [fit(name) for name in names]
    else:
        rows = joblib.Parallel(n_jobs=int(processes))(joblib.delayed(fit)(name) for name in names)
    pd.DataFrame(rows, columns=["file", "intercept", *[f"b_{f}" for f in features]]).to_parquet(out)
    finished = time.perf_counter()
    print(
        json.dumps(
            {
                "models": len(rows),
                "seconds": finished - started,
                "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            }
        )
    )
