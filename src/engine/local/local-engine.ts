import { createRequire } from "node:module";
import type { Connection, Duckdb } from "../../duckdb/duckdb.ts";
import { ManyfitError } from "../../errors.ts";
import type { Inventory } from "../../job/inventory.ts";
import type { Job } from "../../job/job.ts";
import { bucketRowBytes } from "../../protocol/bucket.ts";
import type { ResultBatch } from "../../run/result-batch.ts";
import type { RunEvent } from "../../run/run-event.ts";
import { createDictionary } from "../../source/dictionary.ts";
import { inspectSource } from "../../source/inspect-source.ts";
import { createRelation, type Relation } from "../../source/relation.ts";
import { keyTypeOf } from "../../source/sql-type.ts";
import { type PartitionLookup, streamRows, streamSortedRows } from "../../source/stream-rows.ts";
import { createTrainer } from "../../trainer/create-trainer.ts";
import type { EstimatorFamily } from "../../trainer/estimator-family.ts";
import { resolveJob } from "../../trainer/resolve-job.ts";
import type { Engine, Inspection } from "../engine.ts";
import { type BucketLimits, type BucketPlan, defaultLimits, planBuckets } from "./bucket-plan.ts";
import { fitInPlace } from "./fit-in-place.ts";
import { fitOnThreads } from "./fit-on-threads.ts";
import { sortedPartitions } from "./sorted-partitions.ts";

/** How the local engine uses this machine. */
export interface LocalEngineOptions {
  readonly duckdb: Duckdb;
  /** Worker threads; 0 fits in the caller's thread, from rows that DuckDB sorts. */
  readonly workers: number;
  /** The estimators that jobs may name. */
  readonly families: readonly EstimatorFamily[];
  /** Module that worker threads run; it must know the same families. Default: manyfit's own. */
  readonly threadEntry?: string;
  /** Size of buckets. Default: by rows and workers. */
  readonly bucketLimits?: BucketLimits;
}

/** What `inspect` leaves for `run`. */
interface Prepared {
  readonly inventory: Inventory;
  readonly relation: Relation;
  readonly lookup: PartitionLookup;
  readonly buckets: BucketPlan;
}

/** The engine of this machine: DuckDB reads, worker threads fit. */
export async function createLocalEngine(options: LocalEngineOptions): Promise<Engine> {
  return new LocalEngine(options, await options.duckdb.connect());
}

class LocalEngine implements Engine {
  readonly name = "local";
  readonly workers: number;
  readonly #options: LocalEngineOptions;
  readonly #connection: Connection;
  #prepared: Prepared | null = null;

  constructor(options: LocalEngineOptions, connection: Connection) {
    this.workers = options.workers;
    this.#options = options;
    this.#connection = connection;
  }

  async inspect(job: Job, report: (event: RunEvent) => void, signal: AbortSignal): Promise<Inspection> {
    const stopListening = this.#interruptOn(signal);
    try {
      signal.throwIfAborted();
      return await this.#inspect(job, report, signal);
    } catch (error) {
      throw interruptedOr(error, signal);
    } finally {
      stopListening();
    }
  }

  async #inspect(job: Job, report: (event: RunEvent) => void, signal: AbortSignal): Promise<Inspection> {
    report({ type: "phase.started", atMs: Date.now(), phase: "reading", total: null, unit: "rows" });
    const { families } = this.#options;
    const schema = await inspectSource(job.source, this.#connection);
    // An interrupt that comes between two queries stops neither.
    signal.throwIfAborted();
    const resolved = resolveJob(job, schema, families, keyTypeOf);
    const relation = await createRelation(resolved, schema, this.#connection);
    signal.throwIfAborted();
    if (relation.rowCount === 0) throw noRows(resolved.files[0]!.path, job);
    const dictionary = await createDictionary(relation, resolved.keyFields, this.#connection);
    signal.throwIfAborted();
    const { keys, rows, usableRows } = dictionary;
    const inventory: Inventory = {
      job: resolved,
      partitionCount: rows.length,
      keys,
      rows,
      usableRows,
      rowCount: relation.rowCount,
      fileRows: relation.fileRows,
    };
    const limits = this.#options.bucketLimits ?? defaultLimits(inventory.rowCount, this.workers);
    const buckets = planBuckets(rows, limits);
    this.#prepared = { inventory, relation, lookup: dictionary.lookup, buckets };
    const { resultSchema, minRows } = createTrainer(job.trainer, resolved.trainerColumns, families);
    const exchangeBytes = this.workers === 0 ? 0 : bytesOf(relation, buckets, this.workers);
    return { inventory, resultSchema, minRows, exchangeBytes };
  }

  async *run(signal: AbortSignal): AsyncGenerator<RunEvent | ResultBatch, void, undefined> {
    const prepared = this.#prepared;
    if (prepared === null) throw new ManyfitError("internal", "engine was run before it inspected a job");
    const stopListening = this.#interruptOn(signal);
    try {
      signal.throwIfAborted();
      yield* this.#fitAll(prepared, signal);
      signal.throwIfAborted();
    } catch (error) {
      throw interruptedOr(error, signal);
    } finally {
      stopListening();
    }
  }

  async close(): Promise<void> {
    this.#connection.interrupt();
    this.#connection.close();
  }

  /** Makes DuckDB stop when the signal is aborted, until the function that it returns is called. */
  #interruptOn(signal: AbortSignal): () => void {
    const interrupt = (): void => this.#connection.interrupt();
    signal.addEventListener("abort", interrupt);
    return () => signal.removeEventListener("abort", interrupt);
  }

  async *#fitAll(
    { inventory, relation, lookup, buckets }: Prepared,
    signal: AbortSignal,
  ): AsyncGenerator<RunEvent | ResultBatch> {
    const { workers, families } = this.#options;
    const atMs = Date.now();
    yield { type: "phase.started", atMs, phase: "exchanging", total: inventory.rowCount, unit: "rows" };
    if (workers === 0) {
      const trainer = createTrainer(inventory.job.trainer, inventory.job.trainerColumns, families);
      const partitions = sortedPartitions(streamSortedRows(relation, this.#connection));
      try {
        yield* fitInPlace(inventory, partitions, trainer, signal);
      } finally {
        await partitions.return(undefined);
      }
      return;
    }
    const threadEntry = this.#options.threadEntry ?? createRequire(import.meta.url).resolve("#worker-thread");
    yield* fitOnThreads(inventory, streamRows(relation, lookup, this.#connection), {
      workers,
      threadEntry,
      buckets,
      stopReading: () => this.#connection.interrupt(),
      signal,
    });
  }
}

function noRows(path: string, job: Job): ManyfitError {
  const filtered = job.source.where === null ? "" : ` that satisfies --where ${job.source.where}`;
  return new ManyfitError(
    "source_empty",
    `${path}: the source has no row${filtered}; there is nothing to train on`,
  );
}

/** All rows in buckets, and what each worker adds to cut its bucket: ordered columns and two lists of row numbers. */
function bytesOf({ rowCount, columnCount }: Relation, { rowCounts }: BucketPlan, workers: number): number {
  const largest = rowCounts.reduce((a, b) => Math.max(a, b), 0);
  const cutters = Math.min(workers, rowCounts.length);
  return rowCount * bucketRowBytes(columnCount) + cutters * largest * (8 * columnCount + 8);
}

/** What an error means once the signal is known: whatever fails after an abort failed because of it. */
function interruptedOr(error: unknown, signal: AbortSignal): unknown {
  return signal.aborted ? new ManyfitError("interrupted", "run was interrupted", { cause: error }) : error;
}
