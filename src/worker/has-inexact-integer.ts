import type { Rows } from "../table/column.ts";
import type { ReadColumn } from "../table/read-column.ts";

/**
 * Whether a column of integers has a value that a double may have rounded: of 2^53 or more, or of -2^53 or less. What
 * is not finite is no integer.
 */
export function hasInexactInteger(rows: Rows, readColumns: readonly ReadColumn[]): boolean {
  return rows.columns.some((column, i) => {
    if (!readColumns[i]!.isInteger || column.kind !== "numbers") return false;
    return column.values.some((value) => Math.abs(value) > Number.MAX_SAFE_INTEGER && Number.isFinite(value));
  });
}
