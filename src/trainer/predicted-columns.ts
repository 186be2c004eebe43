import type { PredictedColumn, PredictedValues } from "../run/predicted.ts";
import { cellText } from "./user-failure.ts";

/**
 * What `predict` returned, as columns with `rowCount` values each, or why it cannot be: the problem names the path. The
 * type of a list is that of its values that are not null; a list of nulls alone is one of numbers. NaN and infinities
 * are numbers, null is none.
 */
export function predictedColumns(
  output: unknown,
  rowCount: number,
): { readonly columns: readonly PredictedColumn[] } | { readonly problem: string } {
  if (typeof output !== "object" || output === null || Array.isArray(output) || ArrayBuffer.isView(output)) {
    return {
      problem:
        "predict must return an object of columns by name, such as { prediction: new Float64Array(…) }",
    };
  }
  const columns: PredictedColumn[] = [];
  for (const [name, given] of Object.entries(output) as [string, unknown][]) {
    if (name === "" || /\p{Cs}/u.test(name))
      return { problem: "predict returned a column whose name is no text" };
    const values = valuesOf(given, rowCount);
    if ("problem" in values) return { problem: `predict returned ${cellText(name)}${values.problem}` };
    columns.push({ name, values });
  }
  return columns.length > 0
    ? { columns }
    : { problem: "predict returned no column; it must return at least one" };
}

function valuesOf(given: unknown, rowCount: number): PredictedValues | { readonly problem: string } {
  if (!Array.isArray(given) && !(given instanceof Float64Array)) {
    return { problem: ", which is no Float64Array and no list; Float64Array.from and Array.from make them" };
  }
  if (given.length !== rowCount) {
    return { problem: ` with ${given.length} values, must have ${rowCount}, one for each row of the table` };
  }
  if (given instanceof Float64Array) {
    return { type: "double", values: new Float64Array(given), isValid: new Uint8Array(rowCount).fill(1) };
  }
  return listValues(given);
}

function listValues(given: readonly unknown[]): PredictedValues | { readonly problem: string } {
  const type = typeof (given.find((value) => value !== null) ?? 0);
  if (type !== "number" && type !== "string" && type !== "boolean") {
    return {
      problem: `[${given.findIndex((value) => value !== null)}] is ${type}, must be a number, text or boolean, or null`,
    };
  }
  // Not findIndex on the type alone: a hole is undefined, and typeof null is object.
  const odd = given.findIndex((value) => value !== null && typeof value !== type);
  if (odd >= 0)
    return { problem: `[${odd}] is ${typeof given[odd]}, a value before it is ${type}; null is for none` };
  const isValid = Uint8Array.from(given, (value) => (value === null ? 0 : 1));
  if (type === "string")
    return { type: "text", values: given.map((text) => (text === null ? null : wellFormed(String(text)))) };
  if (type === "boolean") return { type: "boolean", values: Uint8Array.from(given, Number), isValid };
  return {
    type: "double",
    values: Float64Array.from(given, (value) => (value === null ? Number.NaN : Number(value))),
    isValid,
  };
}

/** Lone surrogates have no UTF-8 form. */
function wellFormed(text: string): string {
  return text.replace(/\p{Cs}/gu, "\ufffd");
}
