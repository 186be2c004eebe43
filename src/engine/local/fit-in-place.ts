import { ManyfitError } from "../../errors.ts";
import type { Inventory } from "../../job/inventory.ts";
import { keyAt } from "../../key/key-list.ts";
import type { StoredPartition } from "../../protocol/stored-rows.ts";
import { countStates, type ResultBatch } from "../../run/result-batch.ts";
import type { RunEvent } from "../../run/run-event.ts";
import type { PartitionRows, Trainer } from "../../trainer/trainer.ts";
import { BatchBuilder } from "../../worker/batch-builder.ts";
import type { FileRead } from "../../worker/file-facts-builder.ts";
import { fitInto } from "../../worker/fit-into.ts";
import { fitStored } from "../../worker/fit-stored.ts";

/** Partitions that are answered together: fewer where a fit may take its time. */
const TASK_PARTITIONS = { fields: 4096, document: 64 } as const;

/** The next partition with all its rows, or why they cannot be had; `file` where it is one. */
export type FoundPartition = {
  readonly partition: number;
  readonly file?: FileRead | null;
} & (
  | { readonly rows: PartitionRows }
  | { readonly stored: StoredPartition }
  | { readonly failure: { readonly code: string; readonly message: string } }
);

/**
 * Fits partition after partition in the caller's thread. For keys the rows come sorted by partition and position, for
 * files through DuckDB: neither dictionary lookup, exchange, cut and order nor the workers' own reading of files are
 * shared with the workers' way, so that each proves the other.
 */
export async function* fitInPlace(
  inventory: Inventory,
  partitions: AsyncIterator<FoundPartition, undefined>,
  trainer: Trainer,
  signal: AbortSignal,
): AsyncGenerator<RunEvent | ResultBatch, void, undefined> {
  const { partitionCount, rows: counted } = inventory;
  const taskPartitions = TASK_PARTITIONS[trainer.resultSchema.form];
  for (let first = 0, task = 0; first < partitionCount; first += taskPartitions, task++) {
    const count = Math.min(taskPartitions, partitionCount - first);
    const rows = counted.subarray(first, first + count).reduce((sum, n) => sum + n, 0);
    const identity = { task, worker: 0, attempt: 0 };
    const startedAtMs = Date.now();
    yield {
      type: "task.started",
      atMs: startedAtMs,
      ...identity,
      partitions: count,
      rows: knownOrNull(rows),
    };
    const range = Int32Array.from({ length: count }, (_, i) => first + i);
    const builder = new BatchBuilder(trainer.resultSchema, identity, range);
    for (const partition of range) {
      signal.throwIfAborted();
      const { value } = await partitions.next();
      await fitNext(builder, trainer, checked(value, partition, counted[partition]!), inventory);
    }
    const batch = builder.finish();
    yield batch;
    const atMs = Date.now();
    const counts = countStates(batch);
    yield { type: "task.finished", atMs, ...identity, durationMs: atMs - startedAtMs, counts };
  }
  const { value: extra } = await partitions.next();
  if (extra) throw countsDiffer(extra.partition, 0, "rows" in extra ? extra.rows.rowCount : 0);
}

async function fitNext(
  builder: BatchBuilder,
  trainer: Trainer,
  found: FoundPartition,
  { keys }: Inventory,
): Promise<void> {
  const file = found.file === undefined ? {} : { file: found.file };
  if ("rows" in found) {
    await fitInto(() => builder, trainer, {
      rows: found.rows,
      keyBytes: keyAt(keys, found.partition),
      ...file,
    });
    return;
  }
  if ("stored" in found) {
    const startedAtMs = Date.now();
    const result = fitStored(trainer, found.stored);
    builder.add(result, { startedAtMs, durationMs: Date.now() - startedAtMs }, found.file);
    return;
  }
  builder.addUnread(found.failure, found.file);
}

/** The partition, if it is the one that comes next and has the rows that were counted. */
function checked(found: FoundPartition | undefined, partition: number, counted: number): FoundPartition {
  if (found?.partition !== partition) throw countsDiffer(partition, counted, 0);
  if (!("rows" in found) || Number.isNaN(counted) || found.rows.rowCount === counted) return found;
  throw countsDiffer(partition, counted, found.rows.rowCount);
}

function knownOrNull(count: number): number | null {
  return Number.isNaN(count) ? null : count;
}

function countsDiffer(partition: number, counted: number, found: number): ManyfitError {
  return new ManyfitError(
    "source_changed",
    `partition ${partition}: ${counted} rows were counted and ${found} were read; run again when nothing writes to the source`,
  );
}
