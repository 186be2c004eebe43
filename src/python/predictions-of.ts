import { ManyfitError } from "../errors.ts";
import type { PythonColumn, PythonPredictions } from "../protocol/python-message.ts";
import type { PredictedValues, PredictionResult } from "../run/predicted.ts";

const UTF8 = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * What a Python child predicted, partition by partition, in memory of its own; `rowCounts` are the rows that each has.
 * @throws ManyfitError `worker_failed` for an answer that is not one value for each row.
 */
export function predictionsOf(
  { first, count, failures, columns }: PythonPredictions,
  rowCounts: readonly number[],
): PredictionResult[] {
  const failed = new Map(failures.map((failure) => [failure.index - first, failure]));
  return Array.from({ length: count }, (_, i): PredictionResult => {
    const failure = failed.get(i);
    if (failure !== undefined) {
      const { code, message, stack } = failure;
      return { failure: { code, message, stack } };
    }
    const predicted = columns[i];
    if (!predicted) throw new ManyfitError("worker_failed", `partition ${i} of an answer has no predictions`);
    return {
      columns: predicted.map((column) => ({
        name: column.name,
        values: valuesOf(column, rowCounts[i] ?? Number.NaN),
      })),
    };
  });
}

function valuesOf(column: PythonColumn, rowCount: number): PredictedValues {
  const isValid = column.valid.slice();
  const count = column.type === "text" ? column.values.ends.length : column.values.length;
  if (count !== rowCount || isValid.length !== rowCount) {
    const text = `predictions named ${JSON.stringify(column.name)} are ${count}, for ${rowCount} rows`;
    throw new ManyfitError("worker_failed", text);
  }
  if (column.type === "double") return { type: "double", values: column.values.slice(), isValid };
  if (column.type === "boolean") return { type: "boolean", values: column.values.slice(), isValid };
  const { bytes, ends } = column.values;
  const texts = Array.from(ends, (end, row) => {
    return isValid[row] === 1 ? UTF8.decode(bytes.subarray(row === 0 ? 0 : ends[row - 1]!, end)) : null;
  });
  return { type: "text", values: texts };
}
