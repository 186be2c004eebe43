import type { BatchColumn, RowBatch } from "../../source/stream-rows.ts";
import type { ReadColumn } from "../../table/read-column.ts";
import type { PartitionRows } from "../../trainer/trainer.ts";
import { type PartitionSize, sizeOfRows } from "./exchange-plan.ts";
import { GatheredRows } from "./gathered-rows.ts";
import type { RowCounts } from "./store-partitions.ts";

/** All rows of a partition, or how many there are where memory has no room for them. */
export type RowsWithin =
  | { readonly rows: PartitionRows | null }
  | { readonly tooMany: { readonly counts: RowCounts; readonly size: PartitionSize } };

/**
 * Gathers the rows of one partition, of which nobody knows how many they are, in at most `mostBytes` as
 * {@link sizeOfRows} reckons; where they are more, they are counted to the end and given up. Null for no rows.
 */
export async function gatherWithin(
  batches: AsyncIterable<RowBatch>,
  columns: readonly ReadColumn[],
  mostBytes: number,
): Promise<RowsWithin> {
  let gathered: GatheredRows | null = new GatheredRows();
  let rows = 0;
  let usableRows = 0;
  let textBytes = 0;
  for await (const batch of batches) {
    rows += batch.rowCount;
    usableRows += countUsable(batch);
    textBytes += textBytesOf(batch.columns);
    if (sizeOfRows(rows, textBytes, columns).bytes > mostBytes) gathered = null;
    gathered?.append(batch.columns, 0, batch.rowCount);
  }
  if (gathered !== null) return { rows: rows === 0 ? null : gathered.rows() };
  return { tooMany: { counts: { rows, usableRows }, size: sizeOfRows(rows, textBytes, columns) } };
}

/** Rows of a batch with a finite value in every column of numbers; those of NULL are NaN where nobody asks which. */
function countUsable({ rowCount, columns }: RowBatch): number {
  const numbers = columns.flatMap((column) => (column.kind === "numbers" ? [column.values] : []));
  let usable = 0;
  for (let row = 0; row < rowCount; row++) {
    // x - x is 0 for finite values and NaN for others.
    let spoilt = 0;
    for (const values of numbers) spoilt += values[row]! - values[row]!;
    if (spoilt === 0) usable++;
  }
  return usable;
}

/** Bytes of the texts of some columns. */
export function textBytesOf(columns: readonly BatchColumn[]): number {
  let bytes = 0;
  for (const column of columns)
    if (column.kind === "texts") for (const text of column.values) bytes += text?.length ?? 0;
  return bytes;
}
