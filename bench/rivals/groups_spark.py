"""What people write for one scikit-learn model per key or file on Spark: `applyInPandas` with a function that fits, dumps
the model by joblib and returns its path.

Arguments: a Parquet file with a column `key` or a folder of gzip CSV files, folder to write to, a trainer's file with
`fit(df)`, threads. Prints one line of JSON; starting the session counts, as it does for whoever runs it.
"""

import json
import os
import resource
import sys
import time

from pyspark.sql import SparkSession
from pyspark.sql import functions as f
from trainer_file import load_trainer

TASKS_PER_THREAD = 4


def rows_of(spark, source, columns):
    """The rows with the name of their model."""
    if os.path.isdir(source):
        with_types = ", ".join(f"{name} double" for name in ["x1", "x2", "x3", "y"])
        rows = spark.read.csv(source, header=True, schema=with_types)
        name = f.element_at(f.split(f.input_file_name(), "/"), -1)
    else:
        rows = spark.read.parquet(source)
        name = f.col("key").cast("string")
    return rows.select(name.alias("name"), *columns)


def main(source, out, trainer_path, threads):
    os.makedirs(out)
    trainer = load_trainer(trainer_path)
    columns, here = trainer.columns, os.path.dirname(os.path.abspath(__file__))
    spark = (
        SparkSession.builder.master(f"local[{threads}]")
        .config("spark.sql.shuffle.partitions", TASKS_PER_THREAD * threads)
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.sql.execution.arrow.maxRecordsPerBatch", 100_000)
        .getOrCreate()
    )

    def fit(key, part):
        import joblib
        import pandas as pd

        sys.path.insert(0, here) if here not in sys.path else None
        from trainer_file import frame_for, load_trainer

        if "trainer" not in sys.modules:
            sys.modules["trainer"] = load_trainer(trainer_path)
        model = sys.modules["trainer"].fit(frame_for(sys.modules["trainer"], part[columns]))
        path = os.path.join(out, f"{key[0]}.joblib")
        joblib.dump(model, path)
        return pd.DataFrame({"name": [key[0]], "path": [path]})

    rows = rows_of(spark, source, columns)
    models = rows.groupBy("name").applyInPandas(fit, "name string, path string").toPandas()
    gateway = spark.sparkContext._gateway
    spark.stop()
    # Spark's own process ends with what it reads from here, and is waited for so that its processor time counts.
    gateway.shutdown()
    gateway.proc.stdin.close()
    gateway.proc.wait()
    return len(models)


if __name__ == "__main__":
    source, out, trainer_path, threads = sys.argv[1:]
    started = time.perf_counter()
    count = main(source, out, trainer_path, int(threads))
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(json.dumps({"models": count, "seconds": seconds, "peak_mb": peak}))
