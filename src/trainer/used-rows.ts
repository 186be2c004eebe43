/** Rows as columns of numbers of one length, NULL as NaN. */
export interface NumberRows {
  readonly rowCount: number;
  readonly columns: readonly Float64Array[];
}

/**
 * The rows in which every column is a finite number, in the same order. Gives the rows themselves when none has to
 * go, else shorter copies.
 */
export function usedRows(rows: NumberRows): NumberRows {
  const { rowCount, columns } = rows;
  // The sum of x − x is 0 over finite values and NaN as soon as one is not.
  let spoilt = 0;
  for (const column of columns) for (let i = 0; i < rowCount; i++) spoilt += column[i]! - column[i]!;
  if (spoilt === 0) return rows;
  const kept: number[] = [];
  for (let i = 0; i < rowCount; i++) {
    if (columns.every((column) => Number.isFinite(column[i]))) kept.push(i);
  }
  return {
    rowCount: kept.length,
    columns: columns.map((column) => Float64Array.from(kept, (row) => column[row]!)),
  };
}
