import { ManyfitError } from "../../errors.ts";

const OTHER_PYTHON = "PYSPARK_PYTHON of the server, or spark.sql.execution.pyspark.python of the session";

/** What the functions of manyfit's own say on executors, without what Spark and Python put before it. */
const OWN_WORDS = /^spark: (?:\[PYTHON_EXCEPTION\] )?\w+: manyfit: ([\s\S]+)$/;
/** As Spark 4 has it, `3.12 than that in driver: 3.11`, and as 3.5 has it, `(3, 12) than that in driver 3.11`. */
const OTHER_VERSION = /different version:? \(?(\d+)[., ]+(\d+)\)? than that in driver:? (\d+\.\d+)/;
const NO_ARROW = /No module named '?pyarrow|PyArrow >= [\d.]+ must be installed/i;
const NO_PYTHON = /Cannot run program "([^"]*)"[^:]*: (?:error=\d+, )?(.*)/;

/**
 * What Spark says of executors that cannot run functions of Python's, or whose function failed, in one line with what to do. All
 * else is the error as it was.
 */
export function executorError(error: unknown): unknown {
  if (!(error instanceof ManyfitError) || error.code !== "spark_failed") return error;
  const text = executorProblem(error.message);
  return text === null ? error : new ManyfitError("spark_failed", text, { cause: error });
}

const TOO_MUCH = /Total size of serialized results .* is bigger than (\S+ ?\([^)]*\)|\S+)/;

function executorProblem(message: string): string | null {
  const most = TOO_MUCH.exec(message)?.[1];
  if (most !== undefined)
    return `models of this run are together larger than what Spark's driver takes, ${most}; raise spark.driver.maxResultSize of the server (0: no limit) and its memory, make models smaller, or fit some of the keys at a time`;
  const own = OWN_WORDS.exec(message)?.[1];
  if (own !== undefined) return own;
  const version = OTHER_VERSION.exec(message);
  if (version !== null) {
    const [, major, minor, asked] = version;
    return `an executor has Python ${major}.${minor}, and its function was made for Python ${asked}, which another one has; give all executors the same version (${OTHER_PYTHON})`;
  }
  if (NO_ARROW.test(message))
    return `an executor's Python has no pyarrow, which Spark needs for functions on Arrow; install it there, or name a Python that has it (${OTHER_PYTHON})`;
  const program = NO_PYTHON.exec(message);
  if (program !== null)
    return `an executor cannot start its Python, ${program[1]}: ${program[2]!.trim()}; name one that is there (${OTHER_PYTHON})`;
  return null;
}
