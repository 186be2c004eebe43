"""Stands for Spark's Python worker: runs a pickled function for some tasks, prints what it yields."""

import base64
import json
import os
import pickle
import sys
import time
import types

import pyarrow as pa

ROWS = {
    "position": pa.array([0.0, 8589934592.0, 2.0, 3.5], pa.float64()),
    "partition": pa.array([4, 4, 5, -1], pa.int32()),
    "c0": pa.array([1.5, float("nan"), -0.0, 1e300], pa.float64()),
    "v0": pa.array([1, 0, 1, 1], pa.int8()),
    "c1": pa.array(["", "žluť 𝄞", "b", ""], pa.string()),
}


def batch_of(columns, **changed):
    columns = {**columns, **changed}
    return pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))


def batches_of(name):
    whole = batch_of(ROWS)
    if name == "slices":
        return iter([whole.slice(1, 2), whole.slice(4, 0), whole.slice(3, 1), whole.slice(0, 1)])
    if name == "large texts":
        return iter([batch_of(ROWS, c1=ROWS["c1"].cast(pa.large_string()))])
    if name == "empty texts":
        return iter([batch_of(ROWS, c1=pa.array([""] * 4))])
    if name == "nulls":
        return iter([batch_of(ROWS, c0=pa.array([1.0, None, 2.0, 3.0]))])
    if name == "integers":
        return iter([batch_of(ROWS, c0=pa.array([1, 2, 3, 4], pa.int64()))])
    if name == "many":
        wide = pa.array([0.25] * 200_000)
        big = {"position": wide, "partition": pa.array([1] * 200_000, pa.int32()), "c0": wide}
        return iter([batch_of(big)] * 20)
    if name == "broken":
        return broken(whole)
    return iter([])


def broken(batch):
    yield batch
    raise ValueError("source broke")


def install_spark(folder):
    """As much of pyspark as the function asks for."""
    spark, sql, names = (types.ModuleType(name) for name in ("pyspark", "pyspark.sql", "pyspark.sql.types"))
    names._parse_datatype_json_string = json.loads
    task = types.SimpleNamespace(partition=-1)
    context = types.SimpleNamespace(
        stageId=lambda: 3,
        partitionId=lambda: task.partition,
        attemptNumber=lambda: 1,
        taskAttemptId=lambda: 2**33,
    )
    spark.TaskContext = types.SimpleNamespace(get=lambda: context)
    spark.SparkFiles = types.SimpleNamespace(getRootDirectory=lambda: folder)
    sys.modules.update({"pyspark": spark, "pyspark.sql": sql, "pyspark.sql.types": names})
    return task


def say(what):
    print(json.dumps(what), flush=True)


def main():
    folder, tasks = sys.argv[1], json.loads(sys.argv[2])
    task = install_spark(folder)
    with open(os.path.join(folder, "command.pickle"), "rb") as file:
        run, _ = pickle.loads(file.read(), encoding="bytes")
    for number, name in enumerate(tasks):
        if name == "pause":
            time.sleep(2)
            continue
        task.partition = number
        try:
            for batch in run(batches_of(name)):
                assert batch.schema.field("frame").type == pa.binary()
                for row in batch.to_pylist():
                    frame = base64.b64encode(row.pop("frame")).decode()
                    say({"row": row, "frame": frame})
        except Exception as error:
            say({"error": f"{type(error).__name__}: {error}"})
    say("end")
    sys.stdin.read()


main()
