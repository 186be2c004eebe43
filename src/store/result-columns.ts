import type { ResultSchema } from "../run/result-schema.ts";

/** A column of the table in which results wait for their part file: numbers only, NULL as NaN. */
export interface ResultColumn {
  readonly name: string;
  readonly type: "INTEGER" | "UTINYINT" | "DOUBLE";
}

/** The columns of a batch's terms, in the order of the terms table. */
export const TERM_NUMBERS = ["estimate", "stdError", "statistic", "pValue"] as const;

/** Numbers that each result has, whatever the estimator. */
export const FIXED_NUMBERS = [
  "rows_read",
  "rows_used",
  "rows_dropped",
  "started_at_ms",
  "duration_ms",
  "model_bytes",
] as const;

const CODES: readonly ResultColumn[] = [
  { name: "partition", type: "INTEGER" },
  { name: "state", type: "UTINYINT" },
  { name: "reason", type: "UTINYINT" },
  { name: "attempt", type: "INTEGER" },
  { name: "worker", type: "INTEGER" },
  { name: "task", type: "INTEGER" },
];

/** Name of number `index` of a group of columns, such as `model_2`: lists and maps lie flat in this table. */
export function numberName(group: string, index: number): string {
  return `${group}_${index}`;
}

/** How many numbers the models of a run have, lists counted in full. */
export function modelWidth(schema: ResultSchema): number {
  return schema.model.reduce((sum, field) => sum + (field.listLength ?? 1), 0);
}

/** All columns: codes, {@link FIXED_NUMBERS}, metrics, model fields, then terms, each group in the schema's order. */
export function resultColumns(schema: ResultSchema): ResultColumn[] {
  const numbers: string[] = [...FIXED_NUMBERS];
  numbers.push(...schema.metrics.map((_, i) => numberName("metric", i)));
  numbers.push(...Array.from({ length: modelWidth(schema) }, (_, i) => numberName("model", i)));
  for (const group of TERM_NUMBERS) numbers.push(...schema.terms.map((_, i) => numberName(group, i)));
  return [...CODES, ...numbers.map((name) => ({ name, type: "DOUBLE" as const }))];
}
