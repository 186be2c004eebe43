import type { ResultSchema } from "../run/result-schema.ts";

/** A column of the table in which results wait for their part file: numbers as they are, NULL as NaN. */
export interface ResultColumn {
  readonly name: string;
  readonly type: "INTEGER" | "UTINYINT" | "DOUBLE" | "VARCHAR" | "BLOB";
}

/** What the results of one part hold. */
export interface PartShape {
  readonly resultSchema: ResultSchema;
  /** Whether some of its partitions are files. */
  readonly hasFiles: boolean;
}

/** The columns of a batch's terms, in the order of the terms table. */
export const TERM_NUMBERS = ["estimate", "stdError", "statistic", "pValue"] as const;

/** Numbers that each result has, whatever the estimator. */
export const FIXED_NUMBERS = [
  "rows_read",
  "rows_used",
  "rows_dropped",
  "rows_held_out",
  "started_at_ms",
  "duration_ms",
  "model_bytes",
] as const;

/** Columns of models that are documents: canonical JSON, bytes, and the metrics as a JSON object. */
const DOCUMENT_COLUMNS: readonly ResultColumn[] = [
  { name: "model_json", type: "VARCHAR" },
  { name: "model_blob", type: "BLOB" },
  { name: "metrics_json", type: "VARCHAR" },
];

/** Columns of partitions that are files. */
const FILE_COLUMNS: readonly ResultColumn[] = [
  { name: "file_sha256", type: "VARCHAR" },
  { name: "file_bytes", type: "DOUBLE" },
];

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

/** Names of the numbers: {@link FIXED_NUMBERS}, metrics, model fields, then terms, each group in the schema's order. */
export function numberNames(schema: ResultSchema): string[] {
  const numbers: string[] = [...FIXED_NUMBERS];
  numbers.push(...schema.metrics.map((_, i) => numberName("metric", i)));
  numbers.push(...Array.from({ length: modelWidth(schema) }, (_, i) => numberName("model", i)));
  for (const group of TERM_NUMBERS) numbers.push(...schema.terms.map((_, i) => numberName(group, i)));
  return numbers;
}

/** All columns: codes, numbers, documents, then files. */
export function resultColumns({ resultSchema, hasFiles }: PartShape): ResultColumn[] {
  return [
    ...CODES,
    ...numberNames(resultSchema).map((name) => ({ name, type: "DOUBLE" as const })),
    ...(resultSchema.form === "document" ? DOCUMENT_COLUMNS : []),
    ...(hasFiles ? FILE_COLUMNS : []),
  ];
}
