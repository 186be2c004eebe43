/** One byte per row, 1 = a value, 0 = NULL; null where no row is NULL. */
export type Validity = Uint8Array | null;

/** A column of numbers. Where a row is NULL its value is NaN. */
export interface NumberValues {
  readonly kind: "numbers";
  readonly values: Float64Array;
  /** Null, too, where NULL and NaN need not be told apart: both are NaN then. */
  readonly isValid: Validity;
}

/** Bytes that the texts of one column may have at most: where they end is a uint32. */
export const MAX_TEXT_BYTES = 2 ** 32 - 1;

/** A column of texts, as UTF-8 bytes one behind the other. */
export interface TextValues {
  readonly kind: "texts";
  readonly bytes: Uint8Array;
  /** Where text `i` ends in `bytes`, exclusive; it begins where the one before ends, the first at `start`. */
  readonly ends: Uint32Array;
  readonly start: number;
  readonly isValid: Validity;
}

/** The values of one column. */
export type ColumnValues = NumberValues | TextValues;

/** Rows as columns of one length, without names: those are settled once for all rows of a job. */
export interface Rows {
  readonly rowCount: number;
  readonly columns: readonly ColumnValues[];
}

/** The rows `from .. to` (exclusive) of a column, over the same memory. */
export function sliceColumn(column: ColumnValues, from: number, to: number): ColumnValues {
  const isValid = column.isValid === null ? null : column.isValid.subarray(from, to);
  if (column.kind === "numbers")
    return { kind: "numbers", values: column.values.subarray(from, to), isValid };
  const { bytes, ends } = column;
  const start = from === 0 ? column.start : ends[from - 1]!;
  return { kind: "texts", bytes, ends: ends.subarray(from, to), start, isValid };
}
