import { describe, expect, test } from "vitest";
import { executorError } from "../../src/engine/spark/executor-error.ts";
import { ManyfitError } from "../../src/errors.ts";

/** What is made of an error of Spark's. */
function told(message: string): unknown {
  const error = executorError(new ManyfitError("spark_failed", message));
  expect(error).toMatchObject({ code: "spark_failed" });
  return (error as Error).message;
}

describe("what Spark says of executors is told in one line", () => {
  test.each([
    [
      "another Python, as Spark 4 has it",
      "spark: [PYTHON_EXCEPTION] pyspark.errors.exceptions.base.PySparkRuntimeError: [PYTHON_VERSION_MISMATCH] Python in worker has different version: 3.12 than that in driver: 3.9, PySpark cannot run with different minor versions.",
      /^an executor has Python 3\.12, and its function was made for Python 3\.9, which another one has; give all/,
    ],
    [
      "another Python, as Spark 3.5 has it",
      "spark: PySparkRuntimeError: [PYTHON_VERSION_MISMATCH] Python in worker has different version (3, 12) than that in driver 3.9, PySpark cannot run with different minor versions.",
      /^an executor has Python 3\.12, and its function was made for Python 3\.9, which another one has; give all/,
    ],
    [
      "no pyarrow, as Spark asks for it",
      "spark: [PACKAGE_NOT_INSTALLED] PyArrow >= 11.0.0 must be installed; however, it was not found.",
      /^an executor's Python has no pyarrow, .*; install it there, or name a Python that has it/,
    ],
    [
      "no Python",
      'spark: Job aborted due to stage failure: Task 0 in stage 2.0 failed 4 times, most recent failure: Lost task 0.3 in stage 2.0 (TID 15) (127.0.0.1 executor 0): java.io.IOException: Cannot run program "python9" (in directory "./4dc2"): error=2, No such file or directory',
      /^an executor cannot start its Python, python9: No such file or directory; name one that is there/,
    ],
    [
      "models that are together more than the driver takes",
      "spark: Job aborted due to stage failure: Total size of serialized results of 9 tasks (1126.4 MiB) is bigger than spark.driver.maxResultSize (1024.0 MiB).",
      /^models of this run are together larger than what Spark's driver takes, .*1024\.0 MiB.*; raise spark\.driver\.maxResultSize/,
    ],
    [
      "words of manyfit's own",
      "spark: [PYTHON_EXCEPTION] RuntimeError: manyfit: executor 0 on vm: process of Node's ended by signal SIGKILL",
      /^executor 0 on vm: process of Node's ended by signal SIGKILL$/,
    ],
  ])("%s", (_, message, expected) => {
    expect(told(message)).toMatch(expected);
  });

  test("as it was where it is something else, or no error of Spark's", () => {
    const message = "spark: [PYTHON_EXCEPTION] ValueError: no such thing";
    expect(told(message)).toBe(message);
    const other = new Error("Cannot run program");
    expect(executorError(other)).toBe(other);
  });
});
