import { availableParallelism } from "node:os";
import { ENGINE_OPTIONS } from "./engine-option-group.ts";
import type { JobOption, OptionGroup, OptionName } from "./job-option.ts";
import { COLUMN_TYPES } from "./option-value.ts";

/** The estimator that fits when neither an estimator nor a trainer is told. */
export const DEFAULT_ESTIMATOR = "linear-regression";

const DEFAULT_SEED = 42;
const MAX_SEED = 2 ** 32 - 1;
const MAX_COUNT = 2 ** 31 - 1;

/** Threads or processes that can be told. */
export const MAX_WORKERS = 1024;

/** What an estimator is told and a trainer of the user's tells itself. */
export const OF_ESTIMATORS: readonly OptionName[] = [
  "estimator",
  "target",
  "features",
  "weights",
  "no-intercept",
];

const PARTITIONING: OptionGroup = {
  heading: "What makes a partition (exactly one of):",
  options: [
    {
      name: "by",
      value: { kind: "columns" },
      argument: "<columns>",
      about: `one model per value of these; a,b are two columns, '"a,b"' is one`,
      otherwise: null,
      replaces: ["per-file", "pooled"],
    },
    {
      name: "per-file",
      value: { kind: "switch" },
      argument: null,
      about: "one model per file; its key is the file's path",
      otherwise: null,
      libraryName: "perFile",
      replaces: ["by", "pooled"],
    },
    {
      name: "pooled",
      value: { kind: "switch" },
      argument: null,
      about: "one model of all rows: the baseline",
      otherwise: null,
      replaces: ["by", "per-file"],
    },
  ],
};

const FITTING: OptionGroup = {
  heading: "What to fit (an estimator or class with its columns, or a trainer of your own):",
  options: [
    {
      name: "target",
      value: { kind: "text" },
      argument: "<column>",
      about: "the column to explain",
      otherwise: null,
      replaces: ["trainer"],
    },
    {
      name: "features",
      value: { kind: "columns" },
      argument: "<columns>",
      about: "the columns that explain it",
      otherwise: "all other numeric columns",
    },
    {
      name: "weights",
      value: { kind: "text" },
      argument: "<column>",
      about: "weight of each row, not negative",
      otherwise: "all rows alike",
    },
    {
      name: "no-intercept",
      value: { kind: "switch" },
      argument: null,
      about: "leave the constant term out",
      otherwise: null,
    },
    {
      name: "estimator",
      value: { kind: "text" },
      argument: "<name>",
      about: "what to fit",
      otherwise: DEFAULT_ESTIMATOR,
      default: DEFAULT_ESTIMATOR,
      replaces: ["trainer", "sklearn"],
    },
    {
      name: "trainer",
      value: { kind: "text" },
      argument: "<file>",
      about:
        "a Python file (.py) with fit(df), or a TypeScript or JavaScript file (.ts, .mts, .js, .mjs) whose default export is defineTrainer({ … }); it names its columns itself",
      otherwise: null,
      replaces: [...OF_ESTIMATORS, "sklearn"],
      isPath: true,
    },
    {
      name: "sklearn",
      value: { kind: "text" },
      argument: "<class>",
      about:
        "a class of scikit-learn's kind by its dotted path, such as sklearn.linear_model.Ridge, fitted in Python on --target, --features and --weights; its params by --param",
      otherwise: null,
      replaces: ["estimator", "trainer", "no-intercept"],
    },
    {
      name: "param",
      value: { kind: "params" },
      argument: "<name=value>",
      about:
        "a param of the trainer or class, repeatable: a value that is JSON is read as JSON (0.1, true, [1,2], '\"1\"'), any other is text",
      otherwise: null,
    },
  ],
};

const READING: OptionGroup = {
  heading: "What to read:",
  options: [
    {
      name: "where",
      value: { kind: "text", mayBeEmpty: true },
      argument: "<sql>",
      about: "only rows for which this DuckDB expression is true",
      otherwise: "all",
    },
    {
      name: "type",
      value: { kind: "types" },
      argument: "<column=type>",
      about: `type of a column, repeatable: ${COLUMN_TYPES.join(", ")}`,
      otherwise: "as the source has it; keys of CSV files are text",
    },
  ],
};

/** What is said of the dialect of text files; `predict` takes the same. */
export const DIALECT_OPTIONS: OptionGroup = {
  heading: "How CSV files are written:",
  options: [
    {
      name: "delimiter",
      value: { kind: "character" },
      argument: "<character>",
      about: "stands between two fields: ';' '|' or tab",
      otherwise: "found out",
    },
    {
      name: "decimal",
      value: { kind: "choice", choices: [".", ","] },
      argument: "<character>",
      about: "stands before the fraction of a number, a point or a comma, as in 1,5",
      otherwise: "found out",
    },
    {
      name: "comment",
      value: { kind: "character" },
      argument: "<character>",
      about: "begins a line that is no row, such as '#'",
      otherwise: "found out",
    },
    {
      name: "null-text",
      value: { kind: "texts" },
      argument: "<text>",
      about: "a field that is NULL beside the empty one, repeatable: --null-text NA --null-text -",
      otherwise: "none",
      libraryName: "nullText",
    },
  ],
};

const CHOOSING: OptionGroup = {
  heading: "Which rows and partitions to fit:",
  options: [
    {
      name: "nulls",
      value: { kind: "choice", choices: ["drop", "keep", "fail"] },
      argument: "<what>",
      about:
        "rows with NULL, NaN or an infinity in a column that is read: dropped and counted, kept for a trainer of your own or a class, or a failure of their partition (drop, keep, fail)",
      otherwise: "drop for estimators and classes, keep for trainers",
    },
    {
      name: "min-rows",
      value: { kind: "whole", min: 1, max: MAX_COUNT },
      argument: "<count>",
      about: "skip partitions with fewer rows to fit",
      otherwise: "as many as the trainer needs, which are needed in any case",
      libraryName: "minRows",
    },
    {
      name: "holdout",
      value: { kind: "share" },
      argument: "<share>",
      about:
        "share of each partition's rows that is scored and not fitted, such as 0.2: chosen by the seed, or the last under --order-by",
      otherwise: "none",
    },
    {
      name: "order-by",
      value: { kind: "columns" },
      argument: "<columns>",
      about: "order of the rows within each partition, ascending, NULL first",
      otherwise: "as in the source",
      libraryName: "orderBy",
    },
    {
      name: "limit",
      value: { kind: "whole", min: 1, max: MAX_COUNT },
      argument: "<count>",
      about: "only the first so many partitions in key order, for a try",
      otherwise: "all",
    },
  ],
};

const TIMEOUT: JobOption = {
  name: "timeout",
  value: { kind: "time" },
  argument: "<time>",
  about: "how long one fit of a trainer of your own may take: 500ms, 30s, 5m, 1h",
  otherwise: "any time",
};

const MEMORY: readonly JobOption[] = [
  {
    name: "memory",
    value: { kind: "bytes" },
    argument: "<size>",
    about: "what the process and its workers may take together: 512MB, 4GB, 4GiB",
    otherwise: "half of what is free",
  },
  {
    name: "memory-per-worker",
    value: { kind: "bytes" },
    argument: "<size>",
    about: "what each process of a trainer of your own may take",
    otherwise: "what --memory leaves for it",
    libraryName: "memoryPerWorker",
  },
];

const RUNNING: OptionGroup = {
  heading: "How to run:",
  options: [
    {
      name: "out",
      value: { kind: "text" },
      argument: "<folder>",
      about: "folder of runs, in which the run gets a folder of its own",
      otherwise: "runs",
      default: "runs",
      libraryName: "runs",
      isPath: true,
    },
    {
      name: "name",
      value: { kind: "text" },
      argument: "<name>",
      about: "name of the run and of its folder, which must be new",
      otherwise: "made from the time",
    },
    {
      name: "workers",
      value: { kind: "whole", min: 0, max: MAX_WORKERS },
      argument: "<count>",
      about: `threads that fit, or processes for a trainer of your own; 0 to ${MAX_WORKERS}, 0 is this thread, for a debugger; never changes a model`,
      otherwise: `one per core, here ${availableParallelism()}`,
    },
    {
      name: "python",
      value: { kind: "text" },
      argument: "<path>",
      about: "the Python that runs a trainer of Python's, or --sklearn",
      otherwise: "MANYFIT_PYTHON, the active environment, or python3",
    },
    {
      name: "seed",
      value: { kind: "whole", min: 0, max: MAX_SEED },
      argument: "<number>",
      about: `from which every partition's seed is derived: 0 to ${MAX_SEED}`,
      otherwise: String(DEFAULT_SEED),
      default: DEFAULT_SEED,
    },
    TIMEOUT,
    {
      name: "max-failed",
      value: { kind: "failures" },
      argument: "<share>",
      about: "stop the run when more partitions fail: 1% of all, or a number of them such as 50",
      otherwise: "it goes on",
      libraryName: "maxFailed",
    },
    ...MEMORY,
  ],
};

/** What trainers of the user's may take; `predict` takes the same as `train`. */
export const PREDICT_LIMITS: readonly JobOption[] = [
  {
    ...TIMEOUT,
    about: "how long a trainer of your own may take to predict one partition: 500ms, 30s, 5m, 1h",
  },
  ...MEMORY,
];

/** Everything that a job can be told beside its paths: the flags of `train` and `plan`, and the properties of config files. */
export const JOB_OPTION_GROUPS: readonly OptionGroup[] = [
  PARTITIONING,
  FITTING,
  READING,
  DIALECT_OPTIONS,
  CHOOSING,
  RUNNING,
  ENGINE_OPTIONS,
];

/** All options of {@link JOB_OPTION_GROUPS}, one after the other. */
export const JOB_OPTIONS: readonly JobOption[] = JOB_OPTION_GROUPS.flatMap((group) => group.options);
