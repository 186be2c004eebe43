import { ManyfitError } from "../../errors.ts";

/**
 * What Spark says of values that cannot be read, as a local run would say it: an integer that is not exact, bytes that are no
 * text, a file that is gone or damaged. All else is Spark's own error, as it was. `what` names the source.
 */
export function sparkReadError(error: unknown, what: string): unknown {
  if (!(error instanceof ManyfitError) || error.code !== "spark_failed") return error;
  const text = readProblem(error.message);
  if (text === null) return error;
  return new ManyfitError("source_unreadable", `${what}: ${text}`, { cause: error });
}

function readProblem(message: string): string | null {
  const raised = /\[USER_RAISED_EXCEPTION\] (column "[\s\S]*?)(?: SQLSTATE: \w+)?$/.exec(message)?.[1];
  if (raised !== undefined) return raised;
  if (message.includes("[INVALID_UTF8_STRING]"))
    return "a column of texts has bytes that are not UTF-8; convert it, or leave it out";
  if (/\[FAILED_READ_FILE\b|\[CANNOT_READ_FILE_FOOTER\]|\[PARQUET_TYPE_/.test(message))
    return message.replace(/^spark: /, "");
  return null;
}
