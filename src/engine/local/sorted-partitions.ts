import type { RowBatch } from "../../source/stream-rows.ts";
import type { PartitionRows } from "../../trainer/trainer.ts";
import { GatheredRows } from "./gathered-rows.ts";

/** A partition with all its rows: views that are valid until the next partition is asked for. */
export interface SortedPartition {
  readonly partition: number;
  readonly rows: PartitionRows;
}

/** Takes the rows of one partition, one batch after the other. */
export interface PartitionSink<Found> {
  /** The rows `from .. to` (exclusive) of a batch, which is valid until the promise is settled. */
  append(batch: RowBatch, from: number, to: number): void | Promise<void>;
  /** What the partition came to. */
  finish(): Found | Promise<Found>;
}

/**
 * Cuts rows that come sorted by partition wherever the partition changes. `sinkOf` says who takes the rows of a partition
 * that is not to be in memory, and null for all others. Default: null for all.
 */
export async function* sortedPartitions<Found = never>(
  batches: AsyncIterable<RowBatch>,
  sinkOf: (partition: number) => PartitionSink<Found> | null = () => null,
): AsyncGenerator<SortedPartition | Found, undefined, undefined> {
  const gathered = new GatheredRows();
  let sink: PartitionSink<Found | SortedPartition> | null = null;
  let partition = -1;
  for await (const batch of batches) {
    let from = 0;
    while (from < batch.rowCount) {
      const current = batch.partition[from]!;
      if (current !== partition && sink !== null) {
        yield await sink.finish();
        sink = null;
      }
      partition = current;
      sink ??= sinkOf(partition) ?? gatheringSink(gathered, partition);
      const to = endOfRun(batch, from);
      await sink.append(batch, from, to);
      from = to;
    }
  }
  if (sink !== null) yield await sink.finish();
  return undefined;
}

/** Gathers a partition in memory that the next one overwrites. */
function gatheringSink(gathered: GatheredRows, partition: number): PartitionSink<SortedPartition> {
  gathered.clear();
  return {
    append: (batch, from, to) => gathered.append(batch.columns, from, to),
    finish: () => ({ partition, rows: gathered.rows() }),
  };
}

function endOfRun({ partition, rowCount }: RowBatch, from: number): number {
  let to = from + 1;
  while (to < rowCount && partition[to] === partition[from]) to++;
  return to;
}
