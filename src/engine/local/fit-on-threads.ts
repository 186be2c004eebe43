import { ManyfitError } from "../../errors.ts";
import type { Inventory } from "../../job/inventory.ts";
import type { ResultBatch } from "../../run/result-batch.ts";
import type { RunEvent } from "../../run/run-event.ts";
import { trainerColumnNames } from "../../source/relation.ts";
import type { RowBatch } from "../../source/stream-rows.ts";
import type { BucketPlan } from "./bucket-plan.ts";
import { Dispatcher } from "./dispatcher.ts";
import { Exchange } from "./exchange.ts";
import { ThreadPool } from "./thread-pool.ts";
import { WorkQueue } from "./work-queue.ts";

/** How partitions are fitted on threads. */
export interface ThreadOptions {
  /** Threads at most; never more than there are buckets. */
  readonly workers: number;
  /** Path of the module that threads run. */
  readonly threadEntry: string;
  readonly buckets: BucketPlan;
  /** Makes reading fail at once, if it still goes on. */
  readonly stopReading: () => void;
  readonly signal: AbortSignal;
}

/** Milliseconds between two progress events of the exchange. */
const PROGRESS_MS = 250;

/**
 * Scatters unsorted rows into buckets and fits each bucket on a worker thread as soon as it is complete. Reading and
 * fitting overlap as far as the order of the rows in the source allows.
 */
export async function* fitOnThreads(
  inventory: Inventory,
  rows: AsyncIterable<RowBatch>,
  options: ThreadOptions,
): AsyncGenerator<RunEvent | ResultBatch, void, undefined> {
  const results = new WorkQueue<RunEvent | ResultBatch>();
  const size = Math.min(options.workers, options.buckets.rowCounts.length);
  const pool: ThreadPool = new ThreadPool(size, options.threadEntry, inventory.job, {
    onResult: (worker, batch) => dispatcher.answer(worker, batch),
    onFailure: (error) => results.fail(error),
  });
  const dispatcher = new Dispatcher(pool, results);
  const exchanged = exchange(inventory, rows, options, { dispatcher, results });
  exchanged.catch((error: unknown) => results.fail(error));
  const stop = (): void => results.fail(options.signal.reason);
  options.signal.addEventListener("abort", stop);
  if (options.signal.aborted) stop();
  try {
    yield* results.drain(() => dispatcher.advance());
  } finally {
    options.signal.removeEventListener("abort", stop);
    options.stopReading();
    await Promise.allSettled([exchanged, pool.close()]);
  }
}

interface ExchangeTargets {
  readonly dispatcher: Dispatcher;
  readonly results: WorkQueue<RunEvent | ResultBatch>;
}

async function exchange(
  inventory: Inventory,
  batches: AsyncIterable<RowBatch>,
  { buckets, signal }: ThreadOptions,
  { dispatcher, results }: ExchangeTargets,
): Promise<void> {
  const columnCount = trainerColumnNames(inventory.job).length;
  const exchange = new Exchange(buckets, inventory.rows, columnCount);
  let done = 0;
  let reportedAtMs = Date.now();
  for await (const batch of batches) {
    // DuckDB goes on handing out what it has ready when it is interrupted.
    if (signal.aborted) return;
    for (const bucket of exchange.scatter(batch)) dispatcher.add(bucket);
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
      `source had ${inventory.rowCount} rows when they were counted, ${done} when they were read; run again when nothing writes to it, and with a --where that always says the same`,
    );
  }
  const total = inventory.partitionCount;
  results.push({ type: "phase.started", atMs: Date.now(), phase: "fitting", total, unit: "partitions" });
  dispatcher.finish();
}
