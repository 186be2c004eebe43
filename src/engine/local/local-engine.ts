import { createRequire } from "node:module";
import type { Connection, Duckdb } from "../../duckdb/duckdb.ts";
import { ManyfitError } from "../../errors.ts";
import { isModuleSpec, type Job } from "../../job/job.ts";
import { bucketRowBytes } from "../../protocol/bucket.ts";
import type { WorkerTrainer } from "../../protocol/message.ts";
import type { PredictionBatch } from "../../protocol/prediction-batch.ts";
import type { ResultBatch } from "../../run/result-batch.ts";
import { DOCUMENT_SCHEMA, type ResultSchema } from "../../run/result-schema.ts";
import type { RunEvent } from "../../run/run-event.ts";
import { streamRows, streamSortedRows } from "../../source/stream-rows.ts";
import { createTrainer } from "../../trainer/create-trainer.ts";
import type { EstimatorFamily } from "../../trainer/estimator-family.ts";
import type { Trainer } from "../../trainer/trainer.ts";
import type { Engine, Inspection, ScoringSource } from "../engine.ts";
import { type BucketLimits, type BucketPlan, defaultLimits, planBuckets } from "./bucket-plan.ts";
import { type BundledModule, bundleModule } from "./bundled-module.ts";
import { filesInPlace } from "./files-in-place.ts";
import { fitFiles } from "./fit-files.ts";
import { fitInPlace } from "./fit-in-place.ts";
import { fitKeys } from "./fit-keys.ts";
import { type Prepared, prepareJob } from "./prepare.ts";
import { scoreBuckets } from "./score-buckets.ts";
import { scoreInPlace } from "./score-in-place.ts";
import { scoreOnWorkers } from "./score-on-workers.ts";
import { sortedPartitions } from "./sorted-partitions.ts";
import type { WorkerOptions } from "./worker-options.ts";

/** How the local engine uses this machine. */
export interface LocalEngineOptions {
  readonly duckdb: Duckdb;
  /** Worker threads, or processes for modules; 0 fits in the caller's thread, from rows that DuckDB sorts. */
  readonly workers: number;
  /** Folder for bundles of modules; it is made when one comes. */
  readonly tempFolder: string;
  /** The estimators that jobs may name. */
  readonly families: readonly EstimatorFamily[];
  /** Module that worker threads run; it must know the same families. Default: manyfit's own. */
  readonly threadEntry?: string;
  /** What each process of a module may take, in bytes. Default: no limit. */
  readonly memoryPerWorkerBytes?: number;
  /** Size of buckets. Default: by rows and workers. */
  readonly bucketLimits?: BucketLimits;
}

type PreparedKeys = Extract<Prepared, { readonly kind: "keys" }>;

/** The engine of this machine: DuckDB reads, worker threads or processes fit. */
export async function createLocalEngine(options: LocalEngineOptions): Promise<Engine> {
  return new LocalEngine(options, await options.duckdb.connect());
}

class LocalEngine implements Engine {
  readonly name = "local";
  readonly workers: number;
  readonly #options: LocalEngineOptions;
  readonly #connection: Connection;
  readonly #closing = new AbortController();
  /** What goes on and has to end before the connection is closed. */
  #inspecting: Promise<unknown> = Promise.resolve();
  #running: AsyncGenerator<unknown, void, undefined> | null = null;
  #prepared: Prepared | null = null;
  #module: BundledModule | null = null;

  constructor(options: LocalEngineOptions, connection: Connection) {
    this.workers = options.workers;
    this.#options = options;
    this.#connection = connection;
  }

  inspect(job: Job, report: (event: RunEvent) => void, signal: AbortSignal): Promise<Inspection> {
    const inspection = this.#inspectWhileOpen(job, report, this.#whileOpen(signal));
    this.#inspecting = inspection;
    return inspection;
  }

  async #inspectWhileOpen(
    job: Job,
    report: (event: RunEvent) => void,
    signal: AbortSignal,
  ): Promise<Inspection> {
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
    const { families, tempFolder } = this.#options;
    if (isModuleSpec(job.trainer)) this.#module = await bundleModule(job.trainer, tempFolder, this.workers);
    const prepared = await prepareJob(job, {
      connection: this.#connection,
      families,
      module: this.#module,
      signal,
    });
    this.#prepared = prepared;
    const { inventory } = prepared;
    const isExchanged = this.workers > 0 && prepared.kind === "keys";
    const exchangeBytes = isExchanged ? bytesOf(prepared, this.#planBuckets(prepared), this.workers) : 0;
    const bundle = this.#module?.bundle ?? null;
    const minRows = this.#estimator(prepared)?.minRows ?? inventory.job.module?.minRows ?? 0;
    return { inventory, resultSchema: this.#resultSchema(prepared), minRows, exchangeBytes, bundle };
  }

  run(signal: AbortSignal): AsyncGenerator<RunEvent | ResultBatch, void, undefined> {
    return this.#untilClosed(this.#run(this.#whileOpen(signal)));
  }

  score(
    source: ScoringSource,
    signal: AbortSignal,
  ): AsyncGenerator<RunEvent | PredictionBatch, void, undefined> {
    return this.#untilClosed(this.#score(source, this.#whileOpen(signal)));
  }

  async *#run(signal: AbortSignal): AsyncGenerator<RunEvent | ResultBatch, void, undefined> {
    const prepared = this.#prepared;
    if (prepared === null) throw new ManyfitError("internal", "engine was run before it inspected a job");
    const stopListening = this.#interruptOn(signal);
    try {
      signal.throwIfAborted();
      yield* this.workers === 0 ? this.#fitHere(prepared, signal) : this.#fitOnWorkers(prepared, signal);
      signal.throwIfAborted();
    } catch (error) {
      throw interruptedOr(error, signal);
    } finally {
      stopListening();
    }
  }

  async *#score(
    source: ScoringSource,
    signal: AbortSignal,
  ): AsyncGenerator<RunEvent | PredictionBatch, void, undefined> {
    const stopListening = this.#interruptOn(signal);
    try {
      signal.throwIfAborted();
      const rowCount = source.partitionRows.reduce((sum, rows) => sum + rows, 0);
      const limits = this.#options.bucketLimits ?? defaultLimits(rowCount, this.workers);
      const buckets = scoreBuckets(source, limits, this.#connection);
      yield* this.workers === 0
        ? scoreInPlace(source, buckets, signal)
        : scoreOnWorkers(source, buckets, {
            workers: this.workers,
            threadEntry: this.#threadEntry,
            stopReading: () => this.#connection.interrupt(),
            signal,
          });
      signal.throwIfAborted();
    } catch (error) {
      throw interruptedOr(error, signal);
    } finally {
      stopListening();
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#connection.interrupt();
    await this.#inspecting.catch(() => undefined);
    await this.#running?.return();
    this.#connection.close();
    await this.#module?.close();
  }

  /** All items, or an error where the engine was closed before the last of them was asked for. */
  #untilClosed<T>(items: AsyncGenerator<T, void, undefined>): AsyncGenerator<T, void, undefined> {
    this.#running = items;
    return allOrInterrupted(items, this.#closing.signal);
  }

  /** Aborted as the signal is, and when the engine is closed. */
  #whileOpen(signal: AbortSignal): AbortSignal {
    return AbortSignal.any([signal, this.#closing.signal]);
  }

  /** Makes DuckDB stop when the signal is aborted, until the function that it returns is called. */
  #interruptOn(signal: AbortSignal): () => void {
    const interrupt = (): void => this.#connection.interrupt();
    signal.addEventListener("abort", interrupt);
    return () => signal.removeEventListener("abort", interrupt);
  }

  async *#fitHere(prepared: Prepared, signal: AbortSignal): AsyncGenerator<RunEvent | ResultBatch> {
    const { inventory } = prepared;
    yield firstPhase(prepared);
    const trainer = await this.#trainerHere(prepared, signal);
    const connection = this.#connection;
    const partitions =
      prepared.kind === "keys"
        ? sortedPartitions(streamSortedRows(prepared.relation, connection))
        : filesInPlace({ job: inventory.job, connection }, signal);
    try {
      yield* fitInPlace(inventory, partitions, trainer, signal);
    } finally {
      await partitions.return(undefined);
    }
  }

  async *#fitOnWorkers(prepared: Prepared, signal: AbortSignal): AsyncGenerator<RunEvent | ResultBatch> {
    const { job } = prepared.inventory;
    yield firstPhase(prepared);
    const options: WorkerOptions = {
      workers: this.workers,
      threadEntry: this.#threadEntry,
      trainer: this.#workerTrainer(prepared),
      resultSchema: this.#resultSchema(prepared),
      limits: { timeoutMs: job.policy.timeoutMs, memoryBytes: this.#options.memoryPerWorkerBytes ?? null },
      signal,
    };
    if (prepared.kind === "files") {
      const reader = { job, connection: this.#connection };
      yield* fitFiles(prepared.inventory, reader, options);
      return;
    }
    const { relation, dictionary } = prepared;
    const rows = streamRows(relation, dictionary.lookup, this.#connection);
    yield* fitKeys(prepared.inventory, rows, {
      ...options,
      buckets: this.#planBuckets(prepared),
      textBytes: dictionary.textBytes,
      stopReading: () => this.#connection.interrupt(),
    });
  }

  get #threadEntry(): string {
    return this.#options.threadEntry ?? createRequire(import.meta.url).resolve("#worker-thread");
  }

  #planBuckets({ inventory, relation, dictionary }: PreparedKeys): BucketPlan {
    const limits = this.#options.bucketLimits ?? defaultLimits(relation.rowCount, this.workers);
    return planBuckets(inventory.rows, limits, dictionary.textBytes);
  }

  #workerTrainer({ inventory: { job } }: Prepared): WorkerTrainer {
    const { trainer, trainerColumns } = job;
    if (isModuleSpec(trainer)) return { kind: "module", path: this.#module!.path, params: trainer.params };
    return { kind: "estimator", spec: trainer, columns: trainerColumns! };
  }

  async #trainerHere(prepared: Prepared, signal: AbortSignal): Promise<Trainer> {
    const { readColumns, keyFields, seed } = prepared.inventory.job;
    return (
      this.#estimator(prepared) ?? (await this.#module!.trainer({ readColumns, keyFields, seed, signal }))
    );
  }

  #resultSchema(prepared: Prepared): ResultSchema {
    return this.#estimator(prepared)?.resultSchema ?? DOCUMENT_SCHEMA;
  }

  /** The job's estimator as a trainer; null where its trainer is a module. */
  #estimator({ inventory: { job } }: Prepared): Trainer | null {
    if (isModuleSpec(job.trainer)) return null;
    return createTrainer(job.trainer, job.trainerColumns!, this.#options.families);
  }
}

/** Rows have to be brought together before they are fitted, files are fitted as they are read. */
function firstPhase({ kind, inventory }: Prepared): RunEvent {
  const { rowCount, partitionCount } = inventory;
  const atMs = Date.now();
  return kind === "keys"
    ? { type: "phase.started", atMs, phase: "exchanging", total: rowCount, unit: "rows" }
    : { type: "phase.started", atMs, phase: "fitting", total: partitionCount, unit: "partitions" };
}

/** All rows in buckets, and what each worker adds to cut its bucket. */
function bytesOf({ relation, dictionary }: PreparedKeys, { rowCounts }: BucketPlan, workers: number): number {
  const rowBytes = bucketRowBytes(relation.columns);
  const texts = dictionary.textBytes.reduce(
    (sum, bytes) => sum + (bytes?.reduce((a, b) => a + b, 0) ?? 0),
    0,
  );
  const largest = rowCounts.reduce((a, b) => Math.max(a, b), 0);
  const cutters = Math.min(workers, rowCounts.length);
  // A cutter orders all but position and partition, by two lists of row numbers.
  const cutRowBytes = rowBytes - 12 + 8;
  return relation.rowCount * rowBytes + texts + cutters * largest * cutRowBytes;
}

async function* allOrInterrupted<T>(
  items: AsyncGenerator<T, void, undefined>,
  closing: AbortSignal,
): AsyncGenerator<T, void, undefined> {
  yield* items;
  if (closing.aborted) throw new ManyfitError("interrupted", "run was interrupted");
}

/** What an error means once the signal is known: whatever fails after an abort failed because of it. */
function interruptedOr(error: unknown, signal: AbortSignal): unknown {
  return signal.aborted ? new ManyfitError("interrupted", "run was interrupted", { cause: error }) : error;
}
