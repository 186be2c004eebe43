import { ALL_ROWS, type RowPolicy } from "../../src/job/policy.ts";
import { encodeKey } from "../../src/key/key-list-builder.ts";
import type { KeyField } from "../../src/key/key-type.ts";
import type { ColumnValues, Rows } from "../../src/table/column.ts";
import type { ReadColumn } from "../../src/table/read-column.ts";
import type { LoadedTrainer } from "../../src/trainer/load-trainer.ts";
import { createModuleTrainer } from "../../src/trainer/module-trainer.ts";

/** Fields of the key of the partition. */
export const STORE: readonly KeyField[] = [
  { name: "store", type: "integer" },
  { name: "day", type: "date" },
];
/** Store 17, the second of January 1970. */
export const KEY = encodeKey(["integer", "date"], [17, 1]);
/** Of the run. */
export const SEED = 42;
const SIGNAL = new AbortController().signal;

/** A column of numbers, null for NULL. */
export function numbers(...values: (number | null)[]): ColumnValues {
  const isValid = values.includes(null) ? Uint8Array.from(values, (value) => (value === null ? 0 : 1)) : null;
  return { kind: "numbers", values: Float64Array.from(values, (value) => value ?? Number.NaN), isValid };
}

/** A column of texts, null for NULL. */
export function texts(...values: (string | null)[]): ColumnValues {
  const pieces = values.map((value) => Buffer.from(value ?? ""));
  let end = 0;
  const ends = Uint32Array.from(pieces, (piece) => {
    end += piece.length;
    return end;
  });
  const isValid = values.includes(null) ? Uint8Array.from(values, (value) => (value === null ? 0 : 1)) : null;
  return { kind: "texts", bytes: Buffer.concat(pieces), ends, start: 0, isValid };
}

/** Rows of these columns. */
export function rowsOf(...columns: ColumnValues[]): Rows {
  const [first] = columns;
  const rowCount =
    first === undefined ? 0 : first.kind === "numbers" ? first.values.length : first.ends.length;
  return { rowCount, columns };
}

/** A loaded trainer that reads these columns: `name` as text, all others as numbers. */
export function trainerOf(
  loaded: LoadedTrainer,
  names: readonly string[],
  keyFields = STORE,
  rowPolicy: RowPolicy = ALL_ROWS,
) {
  const readColumns = names.map((name): ReadColumn => {
    return { name, type: name === "name" ? "text" : "double", hasValidity: true, isInteger: false };
  });
  return createModuleTrainer(loaded, { readColumns, keyFields, seed: SEED, rowPolicy, signal: SIGNAL });
}
