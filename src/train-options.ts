import { availableParallelism } from "node:os";
import { type EngineOption, type EngineSpec, engineFrom } from "./engine-options.ts";
import { ManyfitError } from "./errors.ts";
import type { ToldDialect } from "./job/dialect.ts";
import { type FileSource, files } from "./job/files.ts";
import {
  type ColumnType,
  isEstimatorSpec,
  isSklearnSpec,
  type Job,
  type Params,
  type Partitioning,
  type SklearnSpec,
  type SourceSpec,
  type TrainerSpec,
} from "./job/job.ts";
import type { NullPolicy } from "./job/policy.ts";
import { parseKeyType } from "./key/parse-key-type.ts";
import type { Plan } from "./plan.ts";
import { bytesFrom, countFrom, nameFrom, policyFrom } from "./policy-options.ts";
import type { RunEvent } from "./run/run-event.ts";
import { BUILT_IN_ESTIMATORS } from "./trainer/built-in-estimators.ts";
import { canonicalJson } from "./trainer/canonical-json.ts";
import { familyOf } from "./trainer/create-trainer.ts";

/**
 * What makes a partition. Exactly one of three: all rows with equal values in some columns, all rows of a file, or all
 * rows of the source.
 */
export type PartitioningOptions =
  | {
      /** Key columns, at least one. */
      readonly by: string | readonly string[];
      readonly perFile?: never;
      readonly pooled?: never;
    }
  | {
      readonly by?: never;
      /** One model per file; its key is `file`, the path below the deepest folder that all files have in common. */
      readonly perFile: true;
      readonly pooled?: never;
    }
  | {
      readonly by?: never;
      readonly perFile?: never;
      /** One model of all rows. */
      readonly pooled: true;
    };

/** What to train on, and how to use this machine for it. */
export type TrainOptions = PartitioningOptions & {
  /** Files, folders and globs: CSV, TSV or NDJSON, plain or gzip, or Parquet; or what `files` makes of them. */
  readonly source: string | readonly string[] | FileSource;
  /**
   * What to fit: an estimator, such as `linearRegression({ target: "y" })`, or a trainer of your own by the path of its
   * file, relative to the working directory, such as `{ module: "./trainer.ts", params: { alpha: 1 } }`, or a class of
   * scikit-learn's kind, such as `sklearn({ class: "sklearn.linear_model.Ridge", target: "y" })`.
   */
  readonly trainer: TrainerSpec;
  /** Types of columns that the source would get wrong; keys of text files are text unless told here. Not beside `files`. */
  readonly types?: Readonly<Record<string, ColumnType>>;
  /** A DuckDB expression; only rows for which it is true are read. Default: all rows. Not beside `files`. */
  readonly where?: string;
  /** Folder in which the run's folder is made. Default: `runs`. */
  readonly runs?: string;
  /**
   * Where the work is done: `"local"`, or a Spark cluster by its Connect server, as `{ spark: "sc://localhost:15002" }`.
   * Default: `"local"`.
   */
  readonly engine?: EngineOption;
  /** Threads that fit; 0 fits in the caller's thread. Never changes a model. Default: one per core. Not on Spark. */
  readonly workers?: number;
  /**
   * The Python that runs a trainer of Python's, here; on Spark the one that is asked what the trainer reads, where fits are
   * run by the executors' own. Default: `MANYFIT_PYTHON`, the active environment, `python3`.
   */
  readonly python?: string;
  /** From which every partition's seed is derived: an integer from 0 to 2^32 - 1. Default: 42. */
  readonly seed?: number;
  /**
   * Rows with NULL, NaN or an infinity in a column that the trainer reads: dropped and counted, given to the trainer, or
   * a failure of their partition. Default: `drop` for estimators, which cannot keep them, `keep` for trainers of your own.
   */
  readonly nulls?: NullPolicy;
  /** Partitions with fewer used rows are skipped. Default: as many as the trainer needs, which are needed in any case. */
  readonly minRows?: number;
  /**
   * Share of each partition's rows that is not fitted but scored, above 0 and below 1: chosen by the seed, or the last
   * under `orderBy`. Default: none.
   */
  readonly holdout?: number;
  /** Columns by which the rows of each partition are ordered, ascending, NULL first. Default: as in the source. */
  readonly orderBy?: string | readonly string[];
  /** Only the first so many partitions in key order. Default: all. */
  readonly limit?: number;
  /** How long one fit of a trainer of your own may take: milliseconds, or text such as `30s`. Default: any time. */
  readonly timeout?: number | string;
  /** Stops the run when more partitions fail than this: a number, or a share such as `1%`. Default: it goes on. */
  readonly maxFailed?: number | string;
  /** Name of the run and of its folder, new in the folder of runs. Default: made from the time. */
  readonly name?: string;
  /**
   * Memory that the process and its workers may take together: bytes, or text such as `4GB`. Default: half of what is
   * free. Not on Spark.
   */
  readonly memory?: number | string;
  /** Memory that each process of a trainer of your own may take. Default: what `memory` leaves for it. */
  readonly memoryPerWorker?: number | string;
  /** Called once with what the run will do, before it does it. */
  readonly onPlan?: (plan: Plan) => void;
  /**
   * Called with every event of the run, as it happens; the last is `run.committed` or `run.stopped`, but of a run that
   * could not begin and has no folder, of which only the error tells. What it throws is ignored: watching cannot end a run.
   */
  readonly onEvent?: (event: RunEvent) => void;
  /** Stops the run when aborted: `train` then throws `interrupted` and leaves a folder that says so. */
  readonly signal?: AbortSignal;
};

/** Options made strict: the job as plain data, and what is left to say about the machine. */
export interface Request {
  readonly job: Job;
  readonly runsFolder: string;
  /** Of the run; null for one that is made from the time. */
  readonly name: string | null;
  readonly engine: EngineSpec;
  readonly workers: number;
  /** The interpreter, as it was told; null: as it is found. */
  readonly python: string | null;
  /** Null: half of what is free. */
  readonly memoryBytes: number | null;
  /** Null: what is left for it. */
  readonly memoryPerWorkerBytes: number | null;
}

const DEFAULT_SEED = 42;
const MAX_SEED = 2 ** 32 - 1;
const MAX_WORKERS = 1024;

/** Settles options once, so that nothing behind checks or defaults them again. Throws `invalid_option`. */
export function requestFrom(options: TrainOptions): Request {
  const partitioning = partitioningFrom(options);
  const trainer = trainerFrom(options.trainer);
  if (options.runs === "") throw new ManyfitError("invalid_option", "the folder of runs (--out) is empty");
  const engine = engineFrom(options.engine, options);
  const workers = wholeNumber("workers", options.workers ?? availableParallelism(), MAX_WORKERS);
  const seed = wholeNumber("seed", options.seed ?? DEFAULT_SEED, MAX_SEED);
  const { memory, memoryPerWorker } = options;
  if (memoryPerWorker !== undefined && isEstimatorSpec(trainer)) {
    throw new ManyfitError(
      "invalid_option",
      `memoryPerWorker is given, but ${trainer.estimator} runs in threads of one process; give memory, or leave it out`,
    );
  }
  return {
    job: {
      source: sourceFrom(options),
      partitioning,
      trainer,
      seed,
      orderBy: orderFrom(options.orderBy ?? []),
      limit: options.limit === undefined ? null : countFrom("limit", options.limit),
      policy: policyFrom(options, trainer),
    },
    runsFolder: options.runs ?? "runs",
    name: nameFrom(options.name),
    engine,
    workers,
    python: options.python ?? null,
    memoryBytes: memory === undefined ? null : bytesFrom("memory", memory),
    memoryPerWorkerBytes:
      memoryPerWorker === undefined ? null : bytesFrom("memoryPerWorker", memoryPerWorker),
  };
}

function wholeNumber(name: string, value: number, max: number): number {
  if (Number.isInteger(value) && value >= 0 && value <= max) return value;
  throw new ManyfitError("invalid_option", `${name} is ${value}, allowed are whole numbers from 0 to ${max}`);
}

/** What all ways of saying a source come to. Throws `invalid_option`. */
export function sourceFrom({
  source,
  types,
  where,
}: Pick<TrainOptions, "source" | "types" | "where">): SourceSpec {
  const isPlain = typeof source === "string" || isList(source);
  if (!isPlain && (types !== undefined || where !== undefined)) {
    throw new ManyfitError(
      "invalid_option",
      `${types === undefined ? "where" : "types"} is given beside a source that files() made, which has its own; say it there`,
    );
  }
  const told = isPlain ? files(source, { types, where }) : source;
  if (told.paths.length === 0)
    throw new ManyfitError("invalid_option", "source has no path; at least one is needed");
  if (told.paths.includes(""))
    throw new ManyfitError("invalid_option", "source has an empty path; was a variable unset?");
  return {
    paths: [...told.paths],
    types: checkedTypes(told.types),
    where: told.where || null,
    dialect: checkedDialect(told.dialect),
  };
}

/** Throws `invalid_option` for a dialect that no file can have. */
function checkedDialect({ delimiter, decimal, comment, nullTexts }: ToldDialect): ToldDialect {
  for (const [name, value] of Object.entries({ delimiter, comment })) {
    if (value === null || ([...value].length === 1 && !/[\r\n"]/.test(value))) continue;
    throw new ManyfitError(
      "invalid_option",
      `${name} is ${JSON.stringify(value)}, allowed is one character that ends no line and is no quote`,
    );
  }
  if (decimal !== null && decimal !== "." && decimal !== ",")
    throw new ManyfitError("invalid_option", `decimal is ${JSON.stringify(decimal)}, allowed are . and ,`);
  if (delimiter !== null && (delimiter === decimal || delimiter === comment)) {
    const other = delimiter === decimal ? "decimal" : "comment";
    throw new ManyfitError("invalid_option", `delimiter and ${other} are both ${JSON.stringify(delimiter)}`);
  }
  return { delimiter, decimal, comment, nullTexts: [...nullTexts] };
}

function isList(value: unknown): value is readonly string[] {
  return Array.isArray(value);
}

/** A copy of told types. Throws `invalid_option` for what no column can be told to be. */
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

/** Throws `invalid_option` for a column that is named twice. */
function orderFrom(orderBy: string | readonly string[]): readonly string[] {
  const columns = typeof orderBy === "string" ? [orderBy] : [...orderBy];
  const twice = columns.find((name, i) => columns.indexOf(name) !== i);
  if (twice === undefined) return columns;
  throw new ManyfitError(
    "invalid_option",
    `orderBy is ${columns.join(", ")}: column "${twice}" stands there twice, once is enough`,
  );
}

/** Names are checked before anything is read; whether a module is there and what it says is found when it is bundled. */
function trainerFrom(spec: TrainerSpec): TrainerSpec {
  if (
    typeof spec !== "object" ||
    spec === null ||
    !("module" in spec || "estimator" in spec || "sklearn" in spec)
  ) {
    throw new ManyfitError(
      "invalid_option",
      'trainer is none: give linearRegression({ target: "y" }) or { module: "./trainer.ts", params: {} }',
    );
  }
  if (isSklearnSpec(spec)) return classFrom(spec);
  if (isEstimatorSpec(spec)) {
    familyOf(spec, BUILT_IN_ESTIMATORS);
    return spec;
  }
  if (spec.module === "") throw new ManyfitError("invalid_option", "the path of the trainer is empty");
  return { module: spec.module, params: paramsFrom(spec.params ?? {}) };
}

/** A copy of what is said of a class; what is true of it, Python finds out. Throws `invalid_option`. */
function classFrom({ sklearn, target, features, weights, params }: SklearnSpec): SklearnSpec {
  if (typeof sklearn !== "string" || sklearn === "")
    throw new ManyfitError(
      "invalid_option",
      "the class is empty; name one such as sklearn.linear_model.LinearRegression",
    );
  for (const [name, column] of Object.entries({ target, weights })) {
    if (column !== "") continue;
    throw new ManyfitError("invalid_option", `${name} is empty; name a column, or leave it out`);
  }
  const copied = features === null || features === undefined ? null : [...features];
  return {
    ...{ sklearn, target: target ?? null, features: copied, weights: weights ?? null },
    params: paramsFrom(params ?? {}),
  };
}

/** A copy of params as they will be stored and as every worker gets them. Throws `invalid_option` for what JSON would change. */
function paramsFrom(params: Params): Params {
  const checked = Array.isArray(params) ? { problem: "params is a list" } : canonicalJson(params, "params");
  if ("json" in checked && typeof params === "object") return JSON.parse(JSON.stringify(params)) as Params;
  const problem = "problem" in checked ? checked.problem : `params is a ${typeof params}`;
  throw new ManyfitError("invalid_option", `${problem}; params of a trainer are JSON values by name`);
}

/** The three ways to say what makes a partition, and what each means. */
const PARTITIONINGS = {
  by: "one model per key",
  perFile: "one model per file",
  pooled: "one model of all rows",
} as const;

function partitioningFrom({ by, perFile, pooled }: PartitioningOptions): Partitioning {
  const given = [
    ...(by === undefined ? [] : ["by" as const]),
    ...(perFile === true ? ["perFile" as const] : []),
    ...(pooled === true ? ["pooled" as const] : []),
  ];
  if (given.length === 0) {
    const ways = Object.entries(PARTITIONINGS).map(([name, meaning]) => `${name} (${meaning})`);
    throw new ManyfitError(
      "invalid_option",
      `nothing says what makes a partition: give one of ${ways.join(", ")}`,
    );
  }
  if (given.length > 1) {
    const meanings = given.map((name) => PARTITIONINGS[name]).join(", or ");
    const both = given.length === 2 ? "both" : "all";
    throw new ManyfitError("invalid_option", `${given.join(" and ")} are ${both} given: ${meanings}?`);
  }
  if (by === undefined) return { kind: perFile === true ? "file" : "pooled" };
  const columns = typeof by === "string" ? [by] : [...by];
  if (columns.length === 0)
    throw new ManyfitError("invalid_option", "by names no column; at least one is needed");
  return { kind: "by", columns };
}
