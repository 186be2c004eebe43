import { createRequire } from "node:module";
import type { Connection, Duckdb } from "../../duckdb/duckdb.ts";
import { ManyfitError } from "../../errors.ts";
import { isEstimatorSpec, type Job } from "../../job/job.ts";
import type { WorkerOptions } from "../../pool/worker-options.ts";
import type { PredictionBatch } from "../../protocol/prediction-batch.ts";
import { workerRowBytes } from "../../protocol/worker-row-bytes.ts";
import type { ResultBatch } from "../../run/result-batch.ts";
import type { RunEvent } from "../../run/run-event.ts";
import { streamOrderedRows, streamRows, streamSortedRows } from "../../source/stream-rows.ts";
import type { EstimatorFamily } from "../../trainer/estimator-family.ts";
import type { Trainer } from "../../trainer/trainer.ts";
import { loadUserModule, type UserModuleOptions } from "../../user-module/load-user-module.ts";
import type { UserModule } from "../../user-module/user-module.ts";
import type { Engine, Inspection, ScoringSource } from "../engine.ts";
import { firstPhase } from "../first-phase.ts";
import { allOrInterrupted, interruptedOr } from "../interrupted.ts";
import { type JobTrainer, jobTrainer } from "../job-trainer.ts";
import { abortableTrainer } from "./abortable-trainer.ts";
import { apartRows } from "./apart-rows.ts";
import type { BucketLimits } from "./bucket-plan.ts";
import { type ExchangePlan, planExchange } from "./exchange-plan.ts";
import { filesInPlace } from "./files-in-place.ts";
import { fitFiles } from "./fit-files.ts";
import { fitInPlace } from "./fit-in-place.ts";
import { fitKeys } from "./fit-keys.ts";
import { type InventorySize, inventoryBytes } from "./inventory-bytes.ts";
import { type FitMemory, type MemoryBudget, planFitMemory, planMemory } from "./memory-budget.ts";
import { byOldNumbers, numbersAmongAll, onlyPrepared, onlyRows } from "./only-partitions.ts";
import { type Prepared, prepareJob } from "./prepare.ts";
import type { FileReader } from "./read-file.ts";
import { ReadingProgress } from "./reading-progress.ts";
import { scoreRows } from "./score-rows.ts";
import { sortedPartitions } from "./sorted-partitions.ts";
import { SpillFile } from "./spill-file.ts";
import { timedTrainer } from "./timed-trainer.ts";

/** How the local engine uses this machine. */
export interface LocalEngineOptions extends Omit<UserModuleOptions, "ahead"> {
  readonly duckdb: Duckdb;
  /** Worker threads, or processes for modules; 0 fits in the caller's thread, from rows that DuckDB sorts. */
  readonly workers: number;
  /** The estimators that jobs may name. */
  readonly families: readonly EstimatorFamily[];
  /** Module that worker threads run; it must know the same families. Default: manyfit's own. */
  readonly threadEntry?: string;
  /** Default: half of what is free, and no limit for processes of modules. */
  readonly memory?: MemoryBudget;
  /** What fits have of it. Default: as {@link planFitMemory} divides it. */
  readonly fitMemory?: Partial<FitMemory>;
  /** Size of buckets. Default: by rows, workers and memory. */
  readonly bucketLimits?: BucketLimits;
  /** Whether Python children that will fit are started while the job is inspected. Default: false. */
  readonly startsAhead?: boolean;
}

/** What is to be fitted, and with which memory. */
interface PlannedWork {
  readonly fitMemory: FitMemory;
  readonly exchange: ExchangePlan | null;
  /** Numbers among all partitions where only some are fitted; null where all are. */
  readonly only: Int32Array | null;
}

type PreparedKeys = Extract<Prepared, { readonly kind: "keys" }>;

/** The engine of this machine: DuckDB reads, worker threads or processes fit. */
export async function createLocalEngine(options: LocalEngineOptions): Promise<Engine> {
  return new LocalEngine(options, await options.duckdb.connect());
}

class LocalEngine implements Engine {
  readonly name = "local";
  readonly cluster = null;
  readonly workers: number;
  readonly #options: LocalEngineOptions;
  readonly #connection: Connection;
  readonly #closing = new AbortController();
  /** What goes on and has to end before the connection is closed. */
  #inspecting: Promise<unknown> = Promise.resolve();
  #running: AsyncGenerator<unknown, void, undefined> | null = null;
  #prepared: Prepared | null = null;
  #module: UserModule | null = null;
  readonly #memory: MemoryBudget;
  #planned: PlannedWork | null = null;

  constructor(options: LocalEngineOptions, connection: Connection) {
    this.workers = options.workers;
    this.#options = options;
    this.#connection = connection;
    this.#memory = options.memory ?? defaultMemory(options.workers);
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
    const isCounted = job.partitioning.kind !== "file";
    const [total, unit] = isCounted ? ([100, "percent"] as const) : ([null, "partitions"] as const);
    report({ type: "phase.started", atMs: Date.now(), phase: "reading", total, unit });
    const { families, startsAhead = false } = this.#options;
    const ahead = startsAhead ? { size: Math.max(1, this.workers), threadEntry: this.#threadEntry } : null;
    if (!isEstimatorSpec(job.trainer))
      this.#module = await loadUserModule(job.trainer, { ...this.#options, ahead });
    const progress = new ReadingProgress(this.#connection, report);
    const prepared = await prepareJob(job, {
      connection: this.#connection,
      families,
      module: this.#module,
      onStep: (from, to) => progress.step(from, to),
      signal,
    }).finally(() => progress.close());
    this.#prepared = prepared;
    const { inventory } = prepared;
    this.#planned = this.#planWork(prepared);
    const { fitMemory, exchange } = this.#planned;
    const exchangeBytes = this.#lanes === 0 ? 0 : (exchange?.bytes ?? 0);
    const memory = {
      totalBytes: this.#memory.totalBytes,
      exchangeBytes: fitMemory.exchangeBytes,
      partitionBytes: fitMemory.partitionBytes,
      rowBytes: workerRowBytes(inventory.job.readColumns),
      tooLarge: exchange?.apart ?? [],
    };
    const bundle = this.#module?.bundle ?? null;
    const { minRows, resultSchema } = this.#trainer(prepared);
    return { inventory, resultSchema, minRows, exchangeBytes, memory, tasks: null, bundle };
  }

  run(signal: AbortSignal): AsyncGenerator<RunEvent | ResultBatch, void, undefined> {
    return this.#untilClosed(this.#run(this.#whileOpen(signal)));
  }

  sample(only: Int32Array, signal: AbortSignal): AsyncGenerator<RunEvent | ResultBatch, void, undefined> {
    return this.#untilClosed(byOldNumbers(this.#run(this.#whileOpen(signal), only), only));
  }

  score(
    source: ScoringSource,
    signal: AbortSignal,
  ): AsyncGenerator<RunEvent | PredictionBatch, void, undefined> {
    return this.#untilClosed(this.#score(source, this.#whileOpen(signal)));
  }

  async *#run(
    signal: AbortSignal,
    only: Int32Array | null = null,
  ): AsyncGenerator<RunEvent | ResultBatch, void, undefined> {
    const all = this.#prepared;
    if (all === null) throw new ManyfitError("internal", "engine was run before it inspected a job");
    const stopListening = this.#interruptOn(signal);
    try {
      signal.throwIfAborted();
      const prepared = only === null ? all : onlyPrepared(all, only);
      const planned = only === null ? this.#planned! : this.#planWork(prepared, only);
      yield* this.#lanes === 0
        ? this.#fitHere(prepared, planned, signal)
        : this.#fitOnWorkers(prepared, planned, signal);
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
      yield* scoreRows(source, {
        workers: this.workers,
        memoryBeside: (inventory) => this.#planFitMemory(inventory),
        limits: this.#options.bucketLimits ?? null,
        threadEntry: this.#threadEntry,
        memoryBytes: this.#memory.processBytes,
        connection: this.#connection,
        stopReading: () => this.#connection.interrupt(),
        tempFolder: this.#options.tempFolder,
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

  async *#fitHere(
    prepared: Prepared,
    { fitMemory, exchange, only }: PlannedWork,
    signal: AbortSignal,
  ): AsyncGenerator<RunEvent | ResultBatch> {
    const { inventory } = prepared;
    yield firstPhase(prepared.kind, prepared.inventory);
    const { timeoutMs } = inventory.job.policy;
    const timed = timedTrainer(await this.#trainerHere(prepared, signal), timeoutMs);
    const trainer = abortableTrainer(timed, signal);
    const connection = this.#connection;
    const isStored = exchange !== null && exchange.apart.length > 0 && trainer.fitBlocked !== undefined;
    const file = isStored ? new SpillFile(this.#options.tempFolder) : null;
    const partitions =
      prepared.kind === "keys"
        ? sortedPartitions(
            onlyRows(streamSortedRows(prepared.relation, connection), only),
            apartRows(exchange!.apart, {
              inventory,
              textBytes: prepared.dictionary.textBytes,
              partitionBytes: fitMemory.partitionBytes,
              file,
            }),
          )
        : filesInPlace(this.#fileReader(prepared, fitMemory), signal);
    try {
      yield* fitInPlace(inventory, partitions, trainer, signal);
    } finally {
      await partitions.return(undefined);
      await file?.close();
    }
  }

  async *#fitOnWorkers(
    prepared: Prepared,
    { fitMemory, exchange, only }: PlannedWork,
    signal: AbortSignal,
  ): AsyncGenerator<RunEvent | ResultBatch> {
    const { job } = prepared.inventory;
    yield firstPhase(prepared.kind, prepared.inventory);
    const { worker, resultSchema } = this.#trainer(prepared);
    const options: WorkerOptions = {
      workers: this.#lanes,
      threadEntry: this.#threadEntry,
      trainer: worker(),
      reserve: this.#module?.reserve ?? null,
      resultSchema,
      limits: {
        timeoutMs: job.policy.timeoutMs,
        memoryBytes: this.#memory.processBytes,
        loading: this.#module?.loading ?? null,
      },
      signal,
    };
    if (prepared.kind === "files") {
      yield* fitFiles(prepared.inventory, this.#fileReader(prepared, fitMemory), options);
      return;
    }
    const { relation, dictionary } = prepared;
    const apart = numbersAmongAll(exchange!.apart, only);
    const rows = {
      together: onlyRows(streamRows(relation, dictionary.lookup, this.#connection, apart), only),
      apart: onlyRows(streamOrderedRows(relation, dictionary.lookup, apart, this.#connection), only),
    };
    yield* fitKeys(prepared.inventory, rows, {
      ...options,
      exchange: exchange!,
      textBytes: dictionary.textBytes,
      partitionBytes: fitMemory.partitionBytes,
      tempFolder: this.#options.tempFolder,
      stopReading: () => this.#connection.interrupt(),
    });
  }

  #fileReader(prepared: Prepared, { partitionBytes }: FitMemory): FileReader {
    const { inventory } = prepared;
    const spillFolder = this.#trainer(prepared).estimator === null ? null : this.#options.tempFolder;
    return { inventory, connection: this.#connection, partitionBytes, spillFolder };
  }

  /** Workers of this job; 0: in the caller's thread, which not every trainer can. */
  get #lanes(): number {
    return this.#module?.trainer === null ? Math.max(1, this.workers) : this.workers;
  }

  get #threadEntry(): string {
    return this.#options.threadEntry ?? createRequire(import.meta.url).resolve("#worker-thread");
  }

  #planWork(prepared: Prepared, only: Int32Array | null = null): PlannedWork {
    const fitMemory = this.#planFitMemory(inventorySize(prepared));
    const exchange = prepared.kind === "keys" ? this.#planExchange(prepared, fitMemory) : null;
    return { fitMemory, exchange, only };
  }

  #planFitMemory(size: InventorySize): FitMemory {
    const planned = planFitMemory(this.#memory, {
      inventoryBytes: inventoryBytes(size),
      workers: this.#lanes,
    });
    return { ...planned, ...this.#options.fitMemory };
  }

  #planExchange({ inventory, dictionary }: PreparedKeys, memory: FitMemory): ExchangePlan {
    const { rows, job } = inventory;
    return planExchange({
      sizes: { rows, textBytes: dictionary.textBytes },
      columns: job.readColumns,
      memory,
      workers: this.#lanes,
      limits: this.#options.bucketLimits ?? null,
    });
  }

  async #trainerHere(prepared: Prepared, signal: AbortSignal): Promise<Trainer> {
    const { readColumns, keyFields, seed, rowPolicy } = prepared.inventory.job;
    return (
      this.#trainer(prepared).estimator ??
      (await this.#module!.trainer!({ readColumns, keyFields, seed, rowPolicy, signal }))
    );
  }

  #trainer({ inventory: { job } }: Prepared): JobTrainer {
    return jobTrainer(job, this.#module, this.#options.families);
  }
}

/** Half of what is free, with threads. */
function defaultMemory(workers: number): MemoryBudget {
  const availableBytes = process.availableMemory();
  return planMemory({ totalBytes: null, availableBytes, workers, isProcess: false, perWorkerBytes: null });
}

function inventorySize(prepared: Prepared): InventorySize {
  const { keys, partitionCount } = prepared.inventory;
  const texts = prepared.kind === "keys" ? prepared.dictionary.textBytes : [];
  const textColumns = texts.filter((bytes) => bytes !== null).length;
  return { keyBytes: keys.bytes.length, partitionCount, textColumns };
}
