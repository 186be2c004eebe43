import { availableParallelism } from "node:os";
import type { Command } from "commander";
import { suggestName } from "../errors.ts";
import {
  type ColumnType,
  type EstimatorSpec,
  linearRegression,
  ManyfitError,
  type ModuleSpec,
  type Params,
  type PartitioningOptions,
  type TrainOptions,
} from "../index.ts";
import { parseKeyType } from "../key/parse-key-type.ts";
import { parseColumnList } from "./column-list.ts";
import { parseParamValue } from "./param-value.ts";

/** What `train` and `plan` are both told, as the command line has it. */
export interface JobFlags {
  readonly by?: readonly string[];
  readonly perFile?: true;
  readonly pooled?: true;
  readonly target?: string;
  readonly features?: readonly string[];
  readonly weights?: string;
  readonly intercept: boolean;
  readonly estimator?: string;
  readonly trainer?: string;
  readonly param?: Params;
  readonly where?: string;
  readonly type?: Readonly<Record<string, ColumnType>>;
  readonly out: string;
  readonly workers?: number;
  readonly seed: number;
}

/** The estimator that fits when neither an estimator nor a trainer is told. */
const DEFAULT_ESTIMATOR = "linear-regression";
const DEFAULT_SEED = 42;
const MAX_WORKERS = 1024;
const MAX_SEED = 2 ** 32 - 1;

/** The types that a column can be told to have, the decimal as an example. */
const COLUMN_TYPES = [
  ...["text", "integer", "double", "decimal(18,3)", "boolean"],
  ...["date", "timestamp", "timestamp_ns", "timestamptz"],
];

/** Adds the arguments and options of {@link JobFlags} to a command. */
export function addJobOptions(command: Command): Command {
  return command
    .argument(
      "<paths...>",
      "files, folders or globs: CSV, CSV.gz, Parquet; all of one kind and, unless --per-file, with the same columns",
    )
    .optionsGroup("What makes a partition (exactly one of):")
    .option(
      "--by <columns>",
      `one model per value of these; a,b are two columns, '"a,b"' is one`,
      listOf("--by"),
    )
    .option("--per-file", "one model per file; its key is the file's path")
    .option("--pooled", "one model of all rows: the baseline")
    .optionsGroup("What to fit (an estimator with its columns, or a trainer of your own):")
    .option("--target <column>", "the column to explain")
    .option(
      "--features <columns>",
      "the columns that explain it (default: all other numeric columns)",
      listOf("--features"),
    )
    .option("--weights <column>", "weight of each row, not negative (default: all rows alike)")
    .option("--no-intercept", "leave the constant term out")
    .option("--estimator <name>", `what to fit (default: ${DEFAULT_ESTIMATOR})`)
    .option(
      "--trainer <file>",
      "a TypeScript or JavaScript file (.ts, .mts, .js, .mjs) whose default export is defineTrainer({ … }); it names its columns itself",
    )
    .option(
      "--param <name=value>",
      "a param of the trainer, repeatable: a value that is JSON is read as JSON (0.1, true, [1,2], '\"1\"'), any other is text",
      addParam,
    )
    .optionsGroup("What to read:")
    .option("--where <sql>", "only rows for which this DuckDB expression is true (default: all)")
    .option(
      "--type <column=type>",
      `type of a column, repeatable: ${COLUMN_TYPES.join(", ")} (default: as the source has it; keys of CSV files are text)`,
      addType,
    )
    .optionsGroup("How to run:")
    .option("--out <folder>", "folder of runs, in which the run gets a folder of its own", "runs")
    .option(
      "--workers <count>",
      `threads that fit, or processes for a trainer of your own; 0 to ${MAX_WORKERS}, 0 is this thread, for a debugger; never changes a model (default: one per core, here ${availableParallelism()})`,
      wholeNumber("--workers", MAX_WORKERS),
    )
    .option(
      "--seed <number>",
      `from which every partition's seed is derived: 0 to ${MAX_SEED}`,
      wholeNumber("--seed", MAX_SEED),
      DEFAULT_SEED,
    );
}

/**
 * The library's options for what the command line says.
 * @throws ManyfitError `invalid_option` where it says too little or too much.
 */
export function trainOptionsFrom(paths: readonly string[], flags: JobFlags): TrainOptions {
  return {
    ...partitioningFrom(flags),
    source: paths,
    trainer: flags.trainer === undefined ? estimatorFrom(flags) : moduleFrom(flags.trainer, flags),
    types: flags.type ?? {},
    runs: flags.out,
    seed: flags.seed,
    ...(flags.where === undefined ? {} : { where: flags.where }),
    ...(flags.workers === undefined ? {} : { workers: flags.workers }),
  };
}

function estimatorFrom(flags: JobFlags): EstimatorSpec {
  const { target, features, weights, intercept, estimator = DEFAULT_ESTIMATOR } = flags;
  const [param] = Object.keys(flags.param ?? {});
  if (param !== undefined) {
    throw new ManyfitError(
      "invalid_option",
      `--param ${param}: estimators are told by --target, --features, --weights and --no-intercept; params are for a trainer of your own (--trainer)`,
    );
  }
  if (target === undefined) {
    throw new ManyfitError(
      "invalid_option",
      "--target is missing: name the column to explain, as in --target units, or a trainer of your own with --trainer",
    );
  }
  return { ...linearRegression({ target, features, weights, intercept }), estimator };
}

function moduleFrom(module: string, flags: JobFlags): ModuleSpec {
  const { estimator, target, features, weights, intercept } = flags;
  const told = Object.entries({ estimator, target, features, weights }).filter(
    ([, flag]) => flag !== undefined,
  );
  const [first] = [...told.map(([name]) => `--${name}`), ...(intercept ? [] : ["--no-intercept"])];
  if (first !== undefined) {
    throw new ManyfitError(
      "invalid_option",
      first === "--estimator"
        ? "--trainer and --estimator are both given: a trainer of your own, or one that manyfit has?"
        : `--trainer and ${first} are both given, but a trainer names its columns itself; leave ${first} out, or tell the trainer with --param`,
    );
  }
  return { module, params: flags.param ?? {} };
}

/** What each way to say what makes a partition means. */
const PARTITIONINGS = {
  "--by": "one model per key",
  "--per-file": "one model per file",
  "--pooled": "one model of all rows",
} as const;

function partitioningFrom({ by, perFile, pooled }: JobFlags): PartitioningOptions {
  const flags = { "--by": by, "--per-file": perFile, "--pooled": pooled };
  const given = (Object.keys(flags) as (keyof typeof flags)[]).filter((name) => flags[name] !== undefined);
  if (given.length > 1) {
    const meanings = given.map((name) => PARTITIONINGS[name]).join(", or ");
    throw new ManyfitError(
      "invalid_option",
      `${given.join(" and ")} are ${given.length === 2 ? "both" : "all"} given: ${meanings}?`,
    );
  }
  if (by !== undefined) return { by };
  if (perFile === true) return { perFile };
  if (pooled === true) return { pooled };
  throw new ManyfitError(
    "invalid_option",
    "nothing says what makes a partition: give --by with one or more columns (one model per key, the rows that have equal values there, as in --by store,item), --per-file (one model per file) or --pooled (one model of all rows)",
  );
}

/** The reader of an option that is a list of columns, and may be given several times. */
function listOf(flag: string): (text: string, previous?: readonly string[]) => string[] {
  return (text, previous = []) => [...previous, ...parseColumnList(flag, text)];
}

/** The reader of an option that is a whole number from 0. */
export function wholeNumber(flag: string, max: number): (text: string) => number {
  return (text) => {
    const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (number <= max) return number;
    throw new ManyfitError(
      "invalid_option",
      `${flag} is ${text}, allowed are whole numbers from 0 to ${max}`,
    );
  };
}

/** The reader of `--type`, which may be given several times. */
export function addType(
  text: string,
  previous: Readonly<Record<string, ColumnType>> = {},
): Readonly<Record<string, ColumnType>> {
  const split = text.lastIndexOf("=");
  if (split <= 0) {
    throw new ManyfitError(
      "invalid_option",
      `--type is ${text}; write it as column=type, such as store=text`,
    );
  }
  const column = parseColumnList("--type", text.slice(0, split));
  const name = text.slice(split + 1);
  const type = parseKeyType(name);
  if (type === null || type === "hugeint" || type === "blob") {
    throw new ManyfitError(
      "invalid_option",
      `--type ${text}: ${JSON.stringify(name)} is not a type; ${suggestName(name, COLUMN_TYPES)}`,
    );
  }
  return { ...previous, ...Object.fromEntries(column.map((of) => [of, type])) };
}

function addParam(text: string, previous: Params = {}): Params {
  const split = text.indexOf("=");
  if (split <= 0) {
    throw new ManyfitError("invalid_option", `--param is ${text}; write it as name=value, such as alpha=0.1`);
  }
  const name = text.slice(0, split);
  if (Object.hasOwn(previous, name)) {
    throw new ManyfitError(
      "invalid_option",
      `--param ${name} is given twice; a list is written as ${name}=[1,2]`,
    );
  }
  return { ...previous, [name]: parseParamValue(name, text.slice(split + 1)) };
}
