import { type Command, Option } from "commander";
import {
  type EstimatorSpec,
  type FileSource,
  files,
  linearRegression,
  ManyfitError,
  type ModuleSpec,
  type PartitioningOptions,
  type PredictOptions,
  sklearn,
  type TrainerSpec,
  type TrainOptions,
} from "../index.ts";
import { readConfig } from "./config-file.ts";
import { engineOf } from "./engine-of.ts";
import type { JobConfig, JobOption, OptionGroup, OptionName } from "./job-option.ts";
import {
  DEFAULT_ESTIMATOR,
  DIALECT_OPTIONS,
  JOB_OPTION_GROUPS,
  JOB_OPTIONS,
  OF_ESTIMATORS,
  PREDICT_LIMITS,
} from "./job-option-table.ts";
import { readFlag } from "./read-flag.ts";
import { mergeJob, type ToldJob, wordOf } from "./told-job.ts";

/** The values of a command's flags as Commander has them. */
export type FlagValues = Readonly<Record<string, unknown>>;

/** Adds the arguments and options of a job to a command, `--config` among them. */
export function addJobOptions(command: Command): Command {
  command.argument(
    "[paths...]",
    "files, folders or globs: CSV, TSV, NDJSON, these as .gz, Parquet; all of one kind and, unless --per-file, with the same columns; on Spark also URIs, table:<name> and sql:<query>",
  );
  for (const group of JOB_OPTION_GROUPS) addOptionGroup(command, group);
  return command
    .optionsGroup("From a file:")
    .option(
      "--config <file>",
      "a JSON file that says all this by the names of the flags, and paths; flags and paths beside it win, paths in it are relative to its folder (manyfit config makes one)",
    );
}

/** Adds the options of a CSV's dialect to a command, see {@link fileSourceFrom}. */
export function addDialectOptions(command: Command): Command {
  return addOptionGroup(command, DIALECT_OPTIONS);
}

/** Adds the limits of trainers of the user's that predict, see {@link limitsFrom}. */
export function addPredictLimits(command: Command): Command {
  for (const option of PREDICT_LIMITS) command.addOption(commanderOption(option));
  return command;
}

/** The library's options for the limits that a command's flags tell. */
export function limitsFrom(
  flags: FlagValues,
): Pick<PredictOptions, "timeout" | "memory" | "memoryPerWorker"> {
  const { timeout, memory, "memory-per-worker": memoryPerWorker } = configFrom(flags);
  return withoutUndefined({ timeout, memory, memoryPerWorker });
}

/**
 * What flags say of a job, and the file of `--config` where there is one.
 * @throws ManyfitError `invalid_option` where the file cannot be read or says what no job can be told.
 */
export function toldJobFrom(paths: readonly string[], flags: FlagValues): ToldJob {
  const { config: file } = flags;
  const told = { ...configFrom(flags), ...(paths.length === 0 ? {} : { paths }) };
  return mergeJob(told, typeof file === "string" ? readConfig(file) : null);
}

/**
 * The library's options for what was told.
 * @throws ManyfitError `invalid_option` where too little or too much was told.
 */
export function trainOptionsFrom(job: ToldJob): TrainOptions {
  const { config } = job;
  const { paths = [], out, name, workers, python, seed, timeout, memory, limit, nulls, holdout } = config;
  if (paths.length === 0)
    throw invalid("no path is given: name files, folders or globs, as in manyfit train sales/ --by store");
  const told = {
    ...{ name, workers, python, seed, timeout, memory, limit, nulls, holdout },
    runs: out,
    minRows: config["min-rows"],
    orderBy: config["order-by"],
    maxFailed: config["max-failed"],
    memoryPerWorker: config["memory-per-worker"],
  };
  const engine = engineOf(job, process.env);
  return {
    ...partitioningFrom(job),
    source: sourceFrom(paths, config),
    trainer: trainerFrom(job),
    ...withoutUndefined({ ...told, engine }),
  };
}

/** Files as a source with what a command's flags say of them: `--where`, `--type` and those of the dialect. */
export function fileSourceFrom(paths: readonly string[], flags: FlagValues): FileSource {
  return sourceFrom(paths, configFrom(flags));
}

function sourceFrom(paths: readonly string[], config: JobConfig): FileSource {
  const { type, where, delimiter, decimal, comment, "null-text": nullText } = config;
  return files(paths, { types: type, where, delimiter, decimal, comment, nullText });
}

/**
 * Checks that nothing is told of which only one can hold.
 * @throws ManyfitError `invalid_option`
 */
export function checkTogether(job: ToldJob): void {
  const { config } = job;
  const ways = waysToPartition(config);
  if (ways.length > 1) {
    const meanings = ways.map((name) => PARTITIONINGS[name]).join(", or ");
    const words = ways.map((name) => wordOf(name, job)).join(" and ");
    throw invalid(`${words} are ${ways.length === 2 ? "both" : "all"} given: ${meanings}?`);
  }
  if (config.sklearn !== undefined) {
    checkClass(job);
    return;
  }
  if (config.trainer === undefined) return;
  const first = OF_ESTIMATORS.find((name) => config[name] !== undefined);
  if (first === undefined) return;
  const word = wordOf(first, job);
  throw invalid(
    first === "estimator"
      ? `${wordOf("trainer", job)} and ${word} are both given: a trainer of your own, or one that manyfit has?`
      : `${wordOf("trainer", job)} and ${word} are both given, but a trainer names its columns itself; leave ${word} out, or tell the trainer with --param`,
  );
}

/** What a class cannot be told beside it, and why. */
const NOT_OF_CLASSES: Partial<Record<OptionName, string>> = {
  trainer: "a class, or a trainer of your own?",
  estimator: "a class, or an estimator that manyfit has?",
  "no-intercept": "a class has params of its own, as in --param fit_intercept=false",
};

function checkClass(job: ToldJob): void {
  for (const [name, why] of Object.entries(NOT_OF_CLASSES) as [OptionName, string][]) {
    if (job.config[name] === undefined) continue;
    throw invalid(`${wordOf("sklearn", job)} and ${wordOf(name, job)} are both given: ${why}`);
  }
}

function addOptionGroup(command: Command, { heading, options }: OptionGroup): Command {
  command.optionsGroup(heading);
  for (const option of options) command.addOption(commanderOption(option));
  return command;
}

function commanderOption({ name, value, argument, about, otherwise }: JobOption): Option {
  const flag = `--${name}`;
  const description = otherwise === null ? about : `${about} (default: ${otherwise})`;
  if (argument === null) return new Option(flag, description);
  return new Option(`${flag} ${argument}`, description).argParser((text, previous: unknown) =>
    readFlag(flag, value, text, previous),
  );
}

/** What the flags of a job say, by their own names: Commander calls them otherwise. */
function configFrom(flags: FlagValues): JobConfig {
  const told = JOB_OPTIONS.flatMap(({ name, argument }) => {
    const option = new Option(argument === null ? `--${name}` : `--${name} ${argument}`);
    const value = flags[option.attributeName()];
    if (option.negate) return value === false ? [[name, true] as const] : [];
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(told) as JobConfig;
}

/** What each way to say what makes a partition means. */
const PARTITIONINGS = {
  by: "one model per key",
  "per-file": "one model per file",
  pooled: "one model of all rows",
} as const;

function waysToPartition(config: JobConfig): (keyof typeof PARTITIONINGS)[] {
  const names = Object.keys(PARTITIONINGS) as (keyof typeof PARTITIONINGS)[];
  return names.filter((name) => config[name] !== undefined);
}

function partitioningFrom(job: ToldJob): PartitioningOptions {
  checkTogether(job);
  const { by, pooled, "per-file": perFile } = job.config;
  if (by !== undefined) return { by };
  if (perFile === true) return { perFile };
  if (pooled === true) return { pooled };
  throw invalid(
    "nothing says what makes a partition: give --by with one or more columns (one model per key, the rows that have equal values there, as in --by store,item), --per-file (one model per file) or --pooled (one model of all rows)",
  );
}

function trainerFrom(job: ToldJob): TrainerSpec {
  const { trainer, sklearn: className, target, features, weights, param } = job.config;
  if (className !== undefined) return sklearn({ class: className, target, features, weights, params: param });
  return trainer === undefined ? estimatorFrom(job) : moduleFrom(trainer, job);
}

function estimatorFrom(job: ToldJob): EstimatorSpec {
  const { target, features, weights, estimator = DEFAULT_ESTIMATOR, param, ...config } = job.config;
  const [name] = Object.keys(param ?? {});
  if (name !== undefined) {
    throw invalid(
      `${wordOf("param", job)} ${name}: estimators are told by --target, --features, --weights and --no-intercept; params are for a trainer of your own (--trainer) or a class (--sklearn)`,
    );
  }
  if (target === undefined) {
    throw invalid(
      "--target is missing: name the column to explain, as in --target units, or a trainer of your own with --trainer",
    );
  }
  const intercept = config["no-intercept"] !== true;
  return { ...linearRegression({ target, features, weights, intercept }), estimator };
}

function moduleFrom(module: string, { config }: ToldJob): ModuleSpec {
  return { module, params: config.param ?? {} };
}

function withoutUndefined<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const told = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(told) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

function invalid(message: string): ManyfitError {
  return new ManyfitError("invalid_option", message);
}
