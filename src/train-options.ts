import { availableParallelism } from "node:os";
import { ManyfitError } from "./errors.ts";
import type { ColumnType, Job, Partitioning, TrainerSpec } from "./job/job.ts";
import { parseKeyType } from "./key/parse-key-type.ts";
import type { Plan } from "./plan.ts";
import type { RunEvent } from "./run/run-event.ts";

/** What makes a partition: all rows with equal values in these columns, or all rows of the source. Exactly one. */
export type PartitioningOptions =
  | {
      /** Key columns, at least one. */
      readonly by: string | readonly string[];
      readonly pooled?: never;
    }
  | {
      readonly by?: never;
      /** One model of all rows. */
      readonly pooled: true;
    };

/** What to train on, and how to use this machine for it. */
export type TrainOptions = PartitioningOptions & {
  /** Files, folders and globs: CSV, CSV.gz or Parquet. */
  readonly source: string | readonly string[];
  /** What to fit, such as `linearRegression({ target: "y" })`. */
  readonly trainer: TrainerSpec;
  /** Types of columns that the source would get wrong; keys of CSV files are text unless told here. */
  readonly types?: Readonly<Record<string, ColumnType>>;
  /** A DuckDB expression; only rows for which it is true are read. Default: all rows. */
  readonly where?: string;
  /** Folder in which the run's folder is made. Default: `runs`. */
  readonly runs?: string;
  /** Threads that fit; 0 fits in the caller's thread. Never changes a model. Default: one per core. */
  readonly workers?: number;
  /** From which every partition's seed is derived: an integer from 0 to 2^32 - 1. Default: 42. */
  readonly seed?: number;
  /** Called once with what the run will do, before it does it. */
  readonly onPlan?: (plan: Plan) => void;
  /** Called with every event of the run, as it happens. What it throws is ignored: watching cannot end a run. */
  readonly onEvent?: (event: RunEvent) => void;
  /** Stops the run when aborted: `train` then throws `interrupted` and leaves a folder that says so. */
  readonly signal?: AbortSignal;
};

/** Options made strict: the job as plain data, and what is left to say about the machine. */
export interface Request {
  readonly job: Job;
  readonly runsFolder: string;
  readonly workers: number;
}

const DEFAULT_SEED = 42;
const MAX_SEED = 2 ** 32 - 1;

/** Settles options once, so that nothing behind checks or defaults them again. Throws `invalid_option`. */
export function requestFrom(options: TrainOptions): Request {
  const paths = typeof options.source === "string" ? [options.source] : [...options.source];
  if (paths.length === 0)
    throw new ManyfitError("invalid_option", "source has no path; at least one is needed");
  if (paths.includes(""))
    throw new ManyfitError("invalid_option", "source has an empty path; was a variable unset?");
  if (options.runs === "") throw new ManyfitError("invalid_option", "the folder of runs (--out) is empty");
  const workers = options.workers ?? availableParallelism();
  if (!Number.isInteger(workers) || workers < 0 || workers > 1024) {
    throw new ManyfitError(
      "invalid_option",
      `workers is ${workers}, allowed are whole numbers from 0 to 1024`,
    );
  }
  const seed = options.seed ?? DEFAULT_SEED;
  if (!Number.isInteger(seed) || seed < 0 || seed > MAX_SEED) {
    throw new ManyfitError(
      "invalid_option",
      `seed is ${seed}, allowed are whole numbers from 0 to ${MAX_SEED}`,
    );
  }
  return {
    job: {
      source: { paths, types: checkedTypes(options.types ?? {}), where: options.where || null },
      partitioning: partitioningFrom(options),
      trainer: options.trainer,
      seed,
    },
    runsFolder: options.runs ?? "runs",
    workers,
  };
}

function checkedTypes(types: Readonly<Record<string, ColumnType>>): Readonly<Record<string, ColumnType>> {
  for (const [name, type] of Object.entries(types)) {
    const known = parseKeyType(type);
    if (known !== null && known !== "hugeint" && known !== "blob") continue;
    const allowed =
      "text, integer, double, decimal(18,3), boolean, date, timestamp, timestamp_ns, timestamptz";
    throw new ManyfitError("invalid_option", `type of column "${name}" is ${type}, allowed are ${allowed}`);
  }
  return { ...types };
}

function partitioningFrom(options: TrainOptions): Partitioning {
  const { by, pooled } = options;
  if ((by === undefined) === (pooled !== true)) {
    throw new ManyfitError(
      "invalid_option",
      by === undefined
        ? "nothing says what makes a partition: give by (one model per key) or pooled (one model of all rows)"
        : "by and pooled are both given: one model per key, or one model of all rows?",
    );
  }
  if (by === undefined) return { kind: "pooled" };
  const columns = typeof by === "string" ? [by] : [...by];
  if (columns.length === 0)
    throw new ManyfitError("invalid_option", "by names no column; at least one is needed");
  return { kind: "by", columns };
}
