"""What people write first: a pandas groupby loop with a scikit-learn LinearRegression each, coefficients to Parquet.

Reads only the groups with `key < limit`, because all of them would take half an hour. Prints one line of JSON.
"""

import json
import resource
import sys
import time

import pandas as pd
from sklearn.linear_model import LinearRegression

source, out, limit, key, target, *features = sys.argv[1:]
started = time.perf_counter()
frame = pd.read_parquet(source, columns=[key, target, *features], filters=[(key, "<", int(limit))])
read = time.perf_counter()
rows = []
for group, part in frame.groupby(key):
    model = LinearRegression().fit(part[features], part[target])
    rows.append((group, model.intercept_, *model.coef_))
pd.DataFrame(rows, columns=[key, "intercept", *[f"b_{f}" for f in features]]).to_parquet(out)
finished = time.perf_counter()
print(
    json.dumps(
        {
            "models": len(rows),
            "seconds": finished - started,
            "fit_seconds": finished - read,
            "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }
    )
)
