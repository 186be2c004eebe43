import type { ColumnValues, Rows } from "./column.ts";

/**
 * Which rows have NULL, NaN or an infinity in a column of numbers, or NULL in one of texts: one byte per row, 1 = has.
 * Null where no row has.
 */
export function unusableRows(rows: Rows): Uint8Array | null {
  let flags: Uint8Array | null = null;
  for (const column of rows.columns) {
    if (isUsable(column, rows.rowCount)) continue;
    flags ??= new Uint8Array(rows.rowCount);
    for (let row = 0; row < rows.rowCount; row++) if (isUnusable(column, row)) flags[row] = 1;
  }
  return flags;
}

/** Whether the value of a row makes it unusable. A NULL among numbers is a NaN. */
export function isUnusable(column: ColumnValues, row: number): boolean {
  return column.kind === "numbers" ? !Number.isFinite(column.values[row]) : column.isValid?.[row] === 0;
}

function isUsable(column: ColumnValues, rowCount: number): boolean {
  if (column.kind === "texts") return column.isValid === null || !column.isValid.includes(0);
  const { values } = column;
  // The sum of x − x is 0 over finite values and NaN as soon as one is not.
  let spoilt = 0;
  for (let row = 0; row < rowCount; row++) spoilt += values[row]! - values[row]!;
  return spoilt === 0;
}
