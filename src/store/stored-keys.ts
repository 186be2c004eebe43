import type { KeyField } from "../key/key-type.ts";
import type { ResultSchema } from "../run/result-schema.ts";
import type { StoredKeyField } from "./manifest.ts";

/** Columns of `ledger.parquet` beside the keys, in order; those of the keys stand behind the first. */
export const LEDGER_COLUMNS = [
  "partition",
  "state",
  "reason",
  "rows_read",
  "rows_used",
  "rows_dropped",
  "rows_held_out",
  "attempts",
  "worker",
  "task",
  "started_at",
  "duration_ms",
  "model_bytes",
  "seed",
  "metrics",
  "warnings",
  "error_code",
  "error_message",
  "error_stack",
] as const;

/** Columns of `terms.parquet` behind partition and keys, in order. */
export const TERM_COLUMNS = ["term", "estimate", "std_error", "statistic", "p_value"] as const;

/** Columns of `models.parquet` behind partition and keys where models are documents: JSON, or else bytes. */
export const DOCUMENT_COLUMNS = ["model", "model_blob"] as const;

/**
 * The column that each key has in the tables of a run: its own name, or `key_<name>` where a column of one of the
 * tables has that name (in any case), with a number behind it where that is taken too.
 */
export function storeKeyFields(keyFields: readonly KeyField[], schema: ResultSchema): StoredKeyField[] {
  const modelColumns =
    schema.form === "document" ? DOCUMENT_COLUMNS : schema.model.map((field) => field.name);
  const reserved = [...LEDGER_COLUMNS, ...TERM_COLUMNS, ...modelColumns, ""];
  const taken = new Set(reserved.map(folded));
  const kept = new Set<KeyField>();
  for (const field of keyFields) {
    if (taken.has(folded(field.name))) continue;
    taken.add(folded(field.name));
    kept.add(field);
  }
  return keyFields.map(({ name, type }, i) => {
    if (kept.has(keyFields[i]!)) return { name, type, column: name };
    const column = freeName(`key_${name}`, taken);
    taken.add(folded(column));
    return { name, type, column };
  });
}

function freeName(name: string, taken: ReadonlySet<string>): string {
  if (!taken.has(folded(name))) return name;
  for (let number = 2; ; number++) {
    const numbered = `${name}_${number}`;
    if (!taken.has(folded(numbered))) return numbered;
  }
}

/** Names that differ only in case are one name to DuckDB and Spark. */
function folded(name: string): string {
  return name.toLowerCase();
}
