import { ManyfitError } from "../../errors.ts";
import type { Inventory } from "../../job/inventory.ts";
import { sliceKeys } from "../../key/key-list.ts";
import type { Bucket } from "../../protocol/bucket.ts";
import type { ResultBatch } from "../../run/result-batch.ts";
import type { RunEvent } from "../../run/run-event.ts";
import type { RowBatch } from "../../source/stream-rows.ts";
import type { BucketPlan } from "./bucket-plan.ts";
import type { Dispatcher, Happening } from "./dispatcher.ts";
import { Exchange } from "./exchange.ts";
import type { Work } from "./task-range.ts";
import { workOnPool } from "./work-on-pool.ts";
import type { WorkQueue } from "./work-queue.ts";
import type { WorkerOptions } from "./worker-options.ts";

/** How partitions whose rows have to be brought together are fitted. */
export interface KeysOptions extends WorkerOptions {
  readonly buckets: BucketPlan;
  /** Bytes of the texts of each partition, for each column; null for columns of numbers. */
  readonly textBytes: readonly (Float64Array | null)[];
  /** Makes reading fail at once, if it still goes on. */
  readonly stopReading: () => void;
}

/** Milliseconds between two progress events of the exchange. */
const PROGRESS_MS = 250;

/**
 * Scatters unsorted rows into buckets and fits each bucket on a worker as soon as it is complete. Reading and fitting
 * overlap as far as the order of the rows in the source allows.
 */
export async function* fitKeys(
  inventory: Inventory,
  rows: AsyncIterable<RowBatch>,
  options: KeysOptions,
): AsyncGenerator<RunEvent | ResultBatch, void, undefined> {
  const { readColumns, keyFields, seed, rowPolicy } = inventory.job;
  const { trainer, threadEntry, signal, resultSchema, limits } = options;
  const happening = workOnPool({
    size: Math.min(options.workers, options.buckets.rowCounts.length),
    threadEntry,
    init: { trainer, readColumns, keyFields, seed, rowPolicy, filePlan: null },
    resultSchema,
    limits,
    signal,
    produce: (dispatcher, results) => exchangeRows(inventory, rows, options, { dispatcher, results }),
    stopProducing: options.stopReading,
  });
  for await (const item of happening) if (item.type !== "prediction.batch") yield item;
}

interface ExchangeTargets {
  readonly dispatcher: Dispatcher;
  readonly results: WorkQueue<Happening>;
}

async function exchangeRows(
  inventory: Inventory,
  batches: AsyncIterable<RowBatch>,
  { buckets, textBytes, trainer, signal }: KeysOptions,
  { dispatcher, results }: ExchangeTargets,
): Promise<void> {
  const { job, keys, rows, rowCount, partitionCount: total } = inventory;
  const exchange = new Exchange(buckets, { rows, textBytes }, job.readColumns);
  const workOf = (bucket: Bucket): Work => {
    const { firstPartition, partitionRows } = bucket;
    const seesKeys = trainer.kind === "module";
    const to = firstPartition + partitionRows.length;
    return { kind: "bucket", bucket, keys: seesKeys ? sliceKeys(keys, firstPartition, to) : null };
  };
  let done = 0;
  let reportedAtMs = Date.now();
  for await (const batch of batches) {
    // DuckDB goes on handing out what it has ready when it is interrupted.
    if (signal.aborted) return;
    for (const bucket of exchange.scatter(batch)) dispatcher.add(workOf(bucket));
    dispatcher.advance();
    done += batch.rowCount;
    const atMs = Date.now();
    if (atMs - reportedAtMs < PROGRESS_MS) continue;
    reportedAtMs = atMs;
    results.push({ type: "phase.progressed", atMs, phase: "exchanging", done });
  }
  if (!exchange.isComplete) {
    throw new ManyfitError(
      "source_changed",
      `source had ${rowCount} rows when they were counted, ${done} when they were read; run again when nothing writes to it, and with a --where that always says the same`,
    );
  }
  results.push({ type: "phase.started", atMs: Date.now(), phase: "fitting", total, unit: "partitions" });
  dispatcher.finish();
}
