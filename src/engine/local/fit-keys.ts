import { ManyfitError } from "../../errors.ts";
import type { Inventory } from "../../job/inventory.ts";
import { sliceKeys } from "../../key/key-list.ts";
import type { Dispatcher, Happening } from "../../pool/dispatcher.ts";
import type { Work } from "../../pool/task-range.ts";
import { workOnPool } from "../../pool/work-on-pool.ts";
import type { WorkQueue } from "../../pool/work-queue.ts";
import type { WorkerOptions } from "../../pool/worker-options.ts";
import type { Bucket } from "../../protocol/bucket.ts";
import { needsKeys } from "../../protocol/needs-keys.ts";
import type { ResultBatch } from "../../run/result-batch.ts";
import type { RunEvent } from "../../run/run-event.ts";
import type { RowBatch } from "../../source/stream-rows.ts";
import { BucketFeed } from "./bucket-feed.ts";
import { Exchange, type PartitionSizes } from "./exchange.ts";
import { type ExchangePlan, type SpillPlan, sizeOf } from "./exchange-plan.ts";
import { PagedExchange } from "./paged-exchange.ts";
import { SpillFile } from "./spill-file.ts";
import { storePartitions } from "./store-partitions.ts";
import { tooLargeBatch } from "./too-large-batch.ts";

/** How partitions whose rows have to be brought together are fitted. */
export interface KeysOptions extends WorkerOptions {
  readonly exchange: ExchangePlan;
  /** Bytes of the texts of each partition, for each column; null for columns of numbers. */
  readonly textBytes: PartitionSizes["textBytes"];
  /** What the rows of one partition may take in a worker. */
  readonly partitionBytes: number;
  /** Where rows go that do not fit into memory. */
  readonly tempFolder: string;
  /** Makes reading fail at once, if it still goes on. */
  readonly stopReading: () => void;
}

/** The rows of a job. Each is read once, `apart` first. */
export interface KeyRows {
  /** All rows but those of the partitions apart, in any order. */
  readonly together: AsyncIterable<RowBatch>;
  /** Those of the partitions apart, sorted by partition and position. */
  readonly apart: AsyncIterable<RowBatch>;
}

/** Milliseconds between two progress events of the exchange. */
const PROGRESS_MS = 250;

/**
 * Scatters unsorted rows into buckets and fits each bucket on a worker as soon as it is complete. Reading and fitting
 * overlap as far as the order of the rows in the source allows. Where memory ends, buckets go through a file; partitions
 * that no worker could hold are written there in blocks for estimators, and fail for modules.
 */
export async function* fitKeys(
  inventory: Inventory,
  rows: KeyRows,
  options: KeysOptions,
): AsyncGenerator<RunEvent | ResultBatch, void, undefined> {
  const { readColumns, keyFields, seed, rowPolicy } = inventory.job;
  const { trainer, threadEntry, signal, resultSchema, limits, exchange } = options;
  const isStored = exchange.apart.length > 0 && trainer.kind === "estimator";
  const file = exchange.spill !== null || isStored ? new SpillFile(options.tempFolder) : null;
  let production: Production | null = null;
  try {
    const happening = workOnPool({
      size: Math.min(options.workers, exchange.buckets.rowCounts.length),
      threadEntry,
      reserve: options.reserve ?? null,
      init: { trainer, readColumns, keyFields, seed, rowPolicy, filePlan: null },
      resultSchema,
      limits,
      signal,
      produce: (dispatcher, results) => {
        production = new Production(inventory, options, { dispatcher, results, file });
        return production.run(rows);
      },
      stopProducing: () => {
        options.stopReading();
        production?.stop();
      },
    });
    for await (const item of happening) {
      if (item.type === "result.batch") production!.answered(item.partition);
      if (item.type !== "prediction.batch") yield item;
    }
  } finally {
    await (production as Production | null)?.ended();
    await file?.close();
  }
}

interface ProductionTargets {
  readonly dispatcher: Dispatcher;
  readonly results: WorkQueue<Happening>;
  /** Null where all rows fit into memory. */
  readonly file: SpillFile | null;
}

/** Makes work of rows, until all is given out. */
class Production {
  readonly #inventory: Inventory;
  readonly #options: KeysOptions;
  readonly #targets: ProductionTargets;
  readonly #seesKeys: boolean;
  #feed: BucketFeed | null = null;
  #done = 0;
  #reportedAtMs = Date.now();

  constructor(inventory: Inventory, options: KeysOptions, targets: ProductionTargets) {
    this.#inventory = inventory;
    this.#options = options;
    this.#targets = targets;
    this.#seesKeys = needsKeys({ trainer: options.trainer, rowPolicy: inventory.job.rowPolicy });
  }

  async run(rows: KeyRows): Promise<void> {
    const { exchange, signal } = this.#options;
    const { dispatcher, results } = this.#targets;
    if (exchange.apart.length > 0) await this.#fitApart(rows.apart);
    if (signal.aborted) return;
    await (exchange.spill === null
      ? this.#exchangeInMemory(rows.together)
      : this.#exchangeThroughFile(rows.together, exchange.spill));
    if (signal.aborted) return;
    const { partitionCount: total } = this.#inventory;
    results.push({ type: "phase.started", atMs: Date.now(), phase: "fitting", total, unit: "partitions" });
    await this.#feed?.finish();
    dispatcher.finish();
  }

  /** These partitions are answered. */
  answered(partitions: Int32Array): void {
    this.#feed?.answered(partitions);
  }

  stop(): void {
    this.#feed?.stop();
  }

  /** Comes when nothing is loaded any more: what it is loaded from can be closed then. */
  async ended(): Promise<void> {
    this.stop();
    await this.#feed?.finish().catch(() => undefined);
  }

  async #fitApart(rows: AsyncIterable<RowBatch>): Promise<void> {
    const { exchange, trainer, signal, resultSchema, partitionBytes, textBytes } = this.#options;
    const { dispatcher, file } = this.#targets;
    const { rows: counts, job } = this.#inventory;
    if (trainer.kind !== "estimator") {
      const sizes = { rows: counts, textBytes };
      for (const partition of exchange.apart) {
        const size = sizeOf(sizes, job.readColumns, partition);
        const tooLarge = { size, partitionBytes, resultSchema };
        dispatcher.answerDeclined(partition, (task) => tooLargeBatch(partition, task, tooLarge));
        this.#took(counts[partition]!);
      }
      return;
    }
    for await (const stored of storePartitions(this.#counted(rows), this.#inventory, file!)) {
      if (signal.aborted) return;
      dispatcher.add({ kind: "stored", stored, keys: null });
    }
  }

  async #exchangeInMemory(batches: AsyncIterable<RowBatch>): Promise<void> {
    const { exchange: plan, textBytes } = this.#options;
    const { dispatcher } = this.#targets;
    const { job, rows } = this.#inventory;
    const exchange = new Exchange(plan.buckets, { rows, textBytes }, job.readColumns);
    for await (const batch of this.#counted(batches)) {
      for (const bucket of exchange.scatter(batch)) dispatcher.add(this.#workOf(bucket));
      dispatcher.advance();
    }
    this.#checkComplete(exchange);
  }

  async #exchangeThroughFile(
    batches: AsyncIterable<RowBatch>,
    { pages, loadedBytes }: SpillPlan,
  ): Promise<void> {
    const { exchange: plan, textBytes } = this.#options;
    const { dispatcher, file } = this.#targets;
    const { job, rows } = this.#inventory;
    const exchange = new PagedExchange({
      plan: plan.buckets,
      sizes: { rows, textBytes },
      columns: job.readColumns,
      pages,
      file: file!,
    });
    const feed = new BucketFeed({
      bucketOf: plan.buckets.bucketOf,
      load: (index) => exchange.load(index),
      untilWanted: () => dispatcher.untilWanted(),
      give: (bucket) => dispatcher.add(this.#workOf(bucket)),
      loadedBytes,
    });
    this.#feed = feed;
    for await (const batch of this.#counted(batches)) feed.add(await exchange.scatter(batch));
    this.#checkComplete(exchange);
  }

  /** The batches, until the signal is aborted: DuckDB goes on handing out what it has ready when it is interrupted. */
  async *#counted(batches: AsyncIterable<RowBatch>): AsyncGenerator<RowBatch, void, undefined> {
    for await (const batch of batches) {
      if (this.#options.signal.aborted) return;
      yield batch;
      this.#took(batch.rowCount);
    }
  }

  #took(rows: number): void {
    this.#done += rows;
    const atMs = Date.now();
    if (atMs - this.#reportedAtMs < PROGRESS_MS) return;
    this.#reportedAtMs = atMs;
    this.#targets.results.push({ type: "phase.progressed", atMs, phase: "exchanging", done: this.#done });
  }

  #workOf(bucket: Bucket): Work {
    const { firstPartition, partitionRows } = bucket;
    const to = firstPartition + partitionRows.length;
    const keys = this.#seesKeys ? sliceKeys(this.#inventory.keys, firstPartition, to) : null;
    return { kind: "bucket", bucket, keys };
  }

  #checkComplete({ isComplete }: { readonly isComplete: boolean }): void {
    if (isComplete || this.#options.signal.aborted) return;
    throw new ManyfitError(
      "source_changed",
      `source had ${this.#inventory.rowCount} rows when they were counted, ${this.#done} when they were read; run again when nothing writes to it, and with a --where that always says the same`,
    );
  }
}
