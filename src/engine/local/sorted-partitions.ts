import type { RowBatch } from "../../source/stream-rows.ts";
import type { PartitionRows } from "../../trainer/trainer.ts";

/** A partition with all its rows: views that are valid until the next partition is asked for. */
export interface SortedPartition {
  readonly partition: number;
  readonly rows: PartitionRows;
}

/** Cuts rows that come sorted by partition wherever the partition changes. */
export async function* sortedPartitions(
  batches: AsyncIterable<RowBatch>,
): AsyncGenerator<SortedPartition, undefined, undefined> {
  const gathered = new GrowingColumns();
  let partition = -1;
  for await (const batch of batches) {
    let from = 0;
    while (from < batch.rowCount) {
      const current = batch.partition[from]!;
      if (current !== partition && gathered.rowCount > 0) {
        yield { partition, rows: gathered.rows() };
        gathered.clear();
      }
      partition = current;
      const to = endOfRun(batch, from);
      gathered.append(batch.columns, from, to);
      from = to;
    }
  }
  if (gathered.rowCount > 0) yield { partition, rows: gathered.rows() };
  return undefined;
}

function endOfRun({ partition, rowCount }: RowBatch, from: number): number {
  let to = from + 1;
  while (to < rowCount && partition[to] === partition[from]) to++;
  return to;
}

/** Columns that rows are appended to. */
class GrowingColumns {
  rowCount = 0;
  #columns: Float64Array[] = [];

  append(columns: readonly Float64Array[], from: number, to: number): void {
    const needed = this.rowCount + to - from;
    this.#columns = columns.map((column, i) => {
      const target = grown(this.#columns[i] ?? new Float64Array(1024), needed);
      target.set(column.subarray(from, to), this.rowCount);
      return target;
    });
    this.rowCount = needed;
  }

  rows(): PartitionRows {
    const { rowCount } = this;
    return { rowCount, columns: this.#columns.map((column) => column.subarray(0, rowCount)) };
  }

  clear(): void {
    this.rowCount = 0;
  }
}

function grown(column: Float64Array, needed: number): Float64Array {
  if (needed <= column.length) return column;
  const larger = new Float64Array(Math.max(needed, 2 * column.length));
  larger.set(column);
  return larger;
}
