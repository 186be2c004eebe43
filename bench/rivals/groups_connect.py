"""What people run on a Spark cluster for one scikit-learn model per key: `groupBy().applyInPandas()` over Spark Connect, whose
coefficients Spark writes as Parquet. Or, for the cost of the way alone, the same rows through an empty `mapInArrow`.

Arguments: connection string, a Parquet file with columns `key`, `x1`, `x2`, `x3`, `y`, folder to write to, `fit` or `pass`.
Prints one line of JSON.
"""

import json
import resource
import sys
import time

from pyspark.sql import SparkSession
from pyspark.sql import functions as f

FEATURES = ["x1", "x2", "x3"]


def fit(key, part):
    import pandas as pd
    from sklearn.linear_model import LinearRegression

    model = LinearRegression().fit(part[FEATURES], part["y"])
    return pd.DataFrame([[key[0], *model.coef_, model.intercept_]], columns=["key", *FEATURES, "intercept"])


def main(server, source, out, mode):
    spark = SparkSession.builder.remote(server).getOrCreate()
    rows = spark.read.parquet(source)
    if mode == "pass":
        count = rows.mapInArrow(lambda batches: batches, rows.schema).agg(f.count("y")).first()[0]
    else:
        schema = "key bigint, x1 double, x2 double, x3 double, intercept double"
        rows.groupBy("key").applyInPandas(fit, schema).write.parquet(out)
        count = spark.read.parquet(out).count()
    spark.stop()
    return count


if __name__ == "__main__":
    started = time.perf_counter()
    count = main(*sys.argv[1:])
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"models": count, "seconds": seconds, "peak_mb": peak}))
