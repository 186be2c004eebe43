"""One least squares per group the fast way by hand: centred sums in DuckDB, one batched solve in numpy.

Arguments: what to read as DuckDB names it in `from`, file to write, key, target, features. Prints one line of JSON.
No standard errors, no ledger, no order guarantee: the floor to compare with.
"""

import json
import resource
import sys
import time

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

relation, out, key, target, *features = sys.argv[1:]
started = time.perf_counter()
columns = [*features, target]
pairs = [(a, b) for i, a in enumerate(columns) for b in columns[i:] if a != target]
sums = ", ".join(
    [f"avg({c}) as mean_{c}" for c in columns]
    + [f"covar_pop({a}, {b}) as c_{a}_{b}" for a, b in pairs]
)
table = duckdb.sql(f"select {key}, count(*) as n, {sums} from {relation} group by {key}").to_arrow_table()
summed = time.perf_counter()
get = lambda name: table[name].to_numpy()
p = len(features)
gram = np.empty((table.num_rows, p, p))
moment = np.empty((table.num_rows, p, 1))
for i, a in enumerate(features):
    moment[:, i, 0] = get(f"c_{a}_{target}")
    for j, b in enumerate(features):
        gram[:, i, j] = get(f"c_{a}_{b}" if i <= j else f"c_{b}_{a}")
slopes = np.linalg.solve(gram, moment)[:, :, 0]
intercept = get(f"mean_{target}") - sum(slopes[:, i] * get(f"mean_{f}") for i, f in enumerate(features))
coefficients = {f"b_{f}": slopes[:, i] for i, f in enumerate(features)}
pq.write_table(pa.table({key: table[key], "intercept": intercept, **coefficients}), out)
finished = time.perf_counter()
print(
    json.dumps(
        {
            "models": table.num_rows,
            "seconds": finished - started,
            "sums_seconds": summed - started,
            "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }
    )
)
