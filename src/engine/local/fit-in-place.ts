import { ManyfitError } from "../../errors.ts";
import type { Inventory } from "../../job/inventory.ts";
import { countStates, type ResultBatch } from "../../run/result-batch.ts";
import type { RunEvent } from "../../run/run-event.ts";
import type { Trainer } from "../../trainer/trainer.ts";
import { BatchBuilder } from "../../worker/batch-builder.ts";
import { fitInto } from "../../worker/fit-bucket.ts";
import type { SortedPartition } from "./sorted-partitions.ts";

/** Partitions that are answered together. */
const TASK_PARTITIONS = 4096;

/**
 * Fits partition after partition in the caller's thread, from rows that are sorted by partition and position. Shares
 * neither dictionary lookup, exchange, cut nor order with the workers' way, so that each proves the other.
 */
export async function* fitInPlace(
  inventory: Inventory,
  partitions: AsyncIterator<SortedPartition, undefined>,
  trainer: Trainer,
  signal: AbortSignal,
): AsyncGenerator<RunEvent | ResultBatch, void, undefined> {
  const { partitionCount, rows: counted } = inventory;
  for (let first = 0, task = 0; first < partitionCount; first += TASK_PARTITIONS, task++) {
    const partitionsOfTask = Math.min(TASK_PARTITIONS, partitionCount - first);
    const rows = counted.subarray(first, first + partitionsOfTask).reduce((sum, n) => sum + n, 0);
    const identity = { task, worker: 0, attempt: 0 };
    const startedAtMs = Date.now();
    yield { type: "task.started", atMs: startedAtMs, ...identity, partitions: partitionsOfTask, rows };
    const builder = new BatchBuilder(trainer.resultSchema, identity, first, partitionsOfTask);
    for (let partition = first; partition < first + partitionsOfTask; partition++) {
      signal.throwIfAborted();
      const { value } = await partitions.next();
      fitInto(builder, trainer, checked(value, partition, counted[partition]!).rows);
    }
    const batch = builder.finish();
    yield batch;
    const atMs = Date.now();
    yield {
      type: "task.finished",
      atMs,
      ...identity,
      durationMs: atMs - startedAtMs,
      counts: countStates(batch),
    };
  }
  const { value: extra } = await partitions.next();
  if (extra) throw countsDiffer(extra.partition, 0, extra.rows.rowCount);
}

/** The partition, if it is the one that comes next and has the rows that were counted. */
function checked(found: SortedPartition | undefined, partition: number, counted: number): SortedPartition {
  if (found?.partition !== partition) throw countsDiffer(partition, counted, 0);
  if (found.rows.rowCount !== counted) throw countsDiffer(partition, counted, found.rows.rowCount);
  return found;
}

function countsDiffer(partition: number, counted: number, found: number): ManyfitError {
  return new ManyfitError(
    "source_changed",
    `partition ${partition}: ${counted} rows were counted and ${found} were read; run again when nothing writes to the source`,
  );
}
