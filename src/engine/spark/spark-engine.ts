import type { Connection, Duckdb } from "../../duckdb/duckdb.ts";
import type { SparkSpec } from "../../engine-options.ts";
import { ManyfitError } from "../../errors.ts";
import { isEstimatorSpec, type Job } from "../../job/job.ts";
import type { ResultBatch } from "../../run/result-batch.ts";
import type { RunEvent } from "../../run/run-event.ts";
import type { EstimatorFamily } from "../../trainer/estimator-family.ts";
import { loadUserModule } from "../../user-module/load-user-module.ts";
import type { UserModule } from "../../user-module/user-module.ts";
import type { ClusterFacts, Engine, Inspection } from "../engine.ts";
import { firstPhase } from "../first-phase.ts";
import { allOrInterrupted, interruptedOr } from "../interrupted.ts";
import { type JobTrainer, jobTrainer } from "../job-trainer.ts";
import { clusterCores } from "./cluster-cores.ts";
import type { SparkSession } from "./connect/session.ts";
import { executorError } from "./executor-error.ts";
import { type ExecutorStart, startExecutors } from "./executor-start.ts";
import { fitOnSpark } from "./fit-on-spark.ts";
import { prepareOnSpark } from "./prepare.ts";
import type { SparkPrepared } from "./prepared.ts";
import { openSession } from "./shared-session.ts";
import { sparkTaskCount, type TaskWish } from "./spark-buckets.ts";

/** What the engine has on this machine. */
export interface SparkEngineOptions {
  /** Finds the columns of a file that stands for all, where each is a partition. */
  readonly duckdb: Duckdb;
  readonly tempFolder: string;
  /** The estimators that jobs may name. */
  readonly families: readonly EstimatorFamily[];
  /** The Python here that is asked what a trainer reads; null: as it is found. */
  readonly python: string | null;
  /** Bytes of each process of a trainer of the user's on the executors; null: no limit but Spark's. */
  readonly memoryPerWorkerBytes: number | null;
  /** Whether executors are made ready to fit while the job is inspected; see {@link startExecutors}. */
  readonly startsAhead: boolean;
  /** Ends the way to a server that does not answer. */
  readonly signal: AbortSignal;
}

/**
 * The engine of a Spark cluster: Spark reads and counts the source and brings rows to its executors, where the same workers fit
 * as on this machine; results come back here.
 * @throws ManyfitError `invalid_option` for a connection string that is none, `spark_unreachable` or `spark_refused` where nobody
 *   answers.
 */
export async function createSparkEngine(spec: SparkSpec, options: SparkEngineOptions): Promise<Engine> {
  const { signal } = options;
  try {
    const { session, version } = await openSession(spec.server, signal);
    const cores = await clusterCores(session, signal);
    return new SparkEngine(
      { spec, session, version, cores, connection: await options.duckdb.connect() },
      options,
    );
  } catch (error) {
    throw interruptedOr(error, signal);
  }
}

/** What the rows of one partition may take where nobody says what a process may: executors hold them three times. */
const PARTITION_BYTES = 2 ** 32;

/** A cluster that answers. */
interface Cluster {
  readonly spec: SparkSpec;
  readonly session: SparkSession;
  readonly version: string;
  readonly cores: number;
  readonly connection: Connection;
}

class SparkEngine implements Engine {
  readonly name = "spark";
  readonly workers: number;
  readonly #cluster: Cluster;
  readonly #options: SparkEngineOptions;
  readonly #closing = new AbortController();
  /** What goes on and has to end before all is closed. */
  #inspecting: Promise<unknown> = Promise.resolve();
  #running: AsyncGenerator<unknown, void, undefined> | null = null;
  #prepared: SparkPrepared | null = null;
  #module: UserModule | null = null;
  #executors: Promise<ExecutorStart> | null = null;
  #python: string | null = null;

  constructor(cluster: Cluster, options: SparkEngineOptions) {
    this.workers = cluster.cores;
    this.#cluster = cluster;
    this.#options = options;
  }

  get cluster(): ClusterFacts {
    const { session, version, spec } = this.#cluster;
    return { server: session.server, version, node: spec.node, python: this.#python };
  }

  inspect(job: Job, report: (event: RunEvent) => void, signal: AbortSignal): Promise<Inspection> {
    const ends = this.#whileOpen(signal);
    const inspection = this.#inspect(job, report, ends).catch((error: unknown) => {
      throw interruptedOr(error, ends);
    });
    this.#inspecting = inspection;
    return inspection;
  }

  async #inspect(job: Job, report: (event: RunEvent) => void, signal: AbortSignal): Promise<Inspection> {
    signal.throwIfAborted();
    const isCounted = job.partitioning.kind !== "file";
    const [total, unit] = isCounted ? ([100, "percent"] as const) : ([null, "partitions"] as const);
    report({ type: "phase.started", atMs: Date.now(), phase: "reading", total, unit });
    const { families, tempFolder, python } = this.#options;
    const { session, connection } = this.#cluster;
    if (this.#options.startsAhead) this.#startExecutors(signal);
    // The workers are processes of the executors: JavaScript is asked in one here, too.
    if (!isEstimatorSpec(job.trainer))
      this.#module = await loadUserModule(job.trainer, { workers: 1, tempFolder, python });
    const prepared = await prepareOnSpark(job, {
      ...{ session, connection, families, tempFolder, signal },
      module: this.#module,
      onStep: (from) => {
        if (isCounted) report({ type: "phase.progressed", atMs: Date.now(), phase: "reading", done: from });
      },
    });
    this.#prepared = prepared;
    const { inventory } = prepared;
    const { minRows, resultSchema } = this.#trainer(prepared);
    const tasks = this.#tasks(prepared);
    const bundle = this.#module?.bundle ?? null;
    return { inventory, resultSchema, minRows, exchangeBytes: 0, memory: null, tasks, bundle };
  }

  run(signal: AbortSignal): AsyncGenerator<RunEvent | ResultBatch, void, undefined> {
    const items = this.#run(this.#whileOpen(signal));
    this.#running = items;
    return allOrInterrupted(items, this.#closing.signal);
  }

  sample(): never {
    throw notOnSpark("a sample of a plan is fitted", "leave --sample out");
  }

  score(): never {
    throw notOnSpark("predictions are made", "predict without Spark, from the run's folder");
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#inspecting.catch(() => undefined);
    await this.#executors?.catch(() => undefined);
    await this.#running?.return();
    this.#cluster.connection.close();
    await this.#module?.close();
  }

  async *#run(signal: AbortSignal): AsyncGenerator<RunEvent | ResultBatch, void, undefined> {
    const prepared = this.#prepared;
    if (prepared === null) throw new ManyfitError("internal", "engine was run before it inspected a job");
    const { spec, session } = this.#cluster;
    const { policy } = prepared.inventory.job;
    try {
      signal.throwIfAborted();
      yield firstPhase(prepared.kind, prepared.inventory);
      const executors = await this.#startExecutors(signal);
      this.#python = executors.pythonVersion;
      const { worker, resultSchema } = this.#trainer(prepared);
      yield* fitOnSpark(prepared, {
        ...{ session, signal, ...this.#wish, nodePath: spec.node },
        trainer: worker(),
        resultSchema,
        limits: {
          timeoutMs: policy.timeoutMs,
          memoryBytes: this.#options.memoryPerWorkerBytes,
          loading: this.#module?.loading ?? null,
        },
        bundle: this.#module?.bundle ?? null,
        executors,
      });
      signal.throwIfAborted();
    } catch (error) {
      throw executorError(interruptedOr(error, signal));
    }
  }

  /** What is wrong with them is said to whoever needs them. */
  #startExecutors(signal: AbortSignal): Promise<ExecutorStart> {
    if (this.#executors === null) {
      const { session, spec, cores } = this.#cluster;
      this.#executors = startExecutors(session, { nodePath: spec.node, cores, signal });
      this.#executors.catch(() => undefined);
    }
    return this.#executors;
  }

  /** Aborted as the signal is, and when the engine is closed. */
  #whileOpen(signal: AbortSignal): AbortSignal {
    return AbortSignal.any([signal, this.#closing.signal]);
  }

  get #wish(): TaskWish {
    const { cores, spec } = this.#cluster;
    return {
      cores,
      tasks: spec.tasks,
      partitionBytes: this.#options.memoryPerWorkerBytes ?? PARTITION_BYTES,
    };
  }

  /** Tasks that the rows are brought to; null where Spark itself packs files into tasks. */
  #tasks(prepared: SparkPrepared): number | null {
    return sparkTaskCount(prepared, this.#wish);
  }

  #trainer({ inventory: { job } }: SparkPrepared): JobTrainer {
    return jobTrainer(job, this.#module, this.#options.families);
  }
}

function notOnSpark(what: string, advice: string): ManyfitError {
  return new ManyfitError("invalid_option", `engine is spark, but ${what} on this machine alone; ${advice}`);
}
