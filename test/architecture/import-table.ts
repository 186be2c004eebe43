/**
 * What the files of one area of `src` may import beside the files of their own area and what every area may. An
 * area is a folder with its subfolders, or a file beside them; the longest matching name wins, so `source/text` is
 * not part of `source`. Names in the lists are areas, or single files (`worker/thread.ts`).
 */
export interface ImportRow {
  /** Imported freely: values and types. Default: none. */
  readonly values?: readonly string[];
  /** Imported with `import type` only. Default: none. */
  readonly types?: readonly string[];
  /** Files that are not imported but started, as thread or process, by their address, also outside of `src`. Default: none. */
  readonly entries?: readonly string[];
  /** Packages of package.json, and generated code by the first part of its alias there. Default: none. */
  readonly packages?: readonly string[];
  /** Whether `node:` modules may be imported, or by which files only. Default: false. */
  readonly node?: boolean | readonly string[];
  /** The design has it and no file is there yet. Default: false, and then a row without files is an error. */
  readonly isPlanned?: boolean;
}

/** A rule over the whole way of value imports, from file to file to file. */
export interface ReachRule {
  /** Areas or files from which the way starts. */
  readonly from: readonly string[];
  /** Files of these areas from which it does not start. */
  readonly except: readonly string[];
  /** Areas, files and packages that it must not come to; `node:` stands for every module of Node. */
  readonly never: readonly string[];
  readonly why: string;
}

/** Areas that every other may import. */
export const OPEN_TO_ALL: readonly string[] = ["errors.ts"];

/**
 * Folders of which every subfolder is an area of its own with a row of its own; they never import each other. What is below
 * one of them belongs to it, also where it has a row.
 */
export const FAMILIES: readonly string[] = ["engine"];

/** Every area of `src` and what it may import: what is not here is not allowed. */
export const IMPORT_TABLE: Readonly<Record<string, ImportRow>> = {
  "errors.ts": { packages: ["fastest-levenshtein"] },
  "thread-options.ts": { node: true },
  table: {},
  key: { values: ["table"] },
  run: { values: ["table", "key"], node: ["run/event-log.ts"] },
  job: { types: ["table", "key", "run"] },
  protocol: { values: ["table", "key", "run", "job"], node: true },
  duckdb: { values: ["key"], packages: ["@duckdb/node-api"], node: true },
  "source/text": { values: ["table"], types: ["job"], node: true },
  "source/file": {
    values: ["table", "source/text"],
    types: ["protocol"],
    packages: ["hyparquet", "hyparquet-compressors"],
    node: true,
  },
  source: { values: ["table", "key", "job", "duckdb", "source/text", "thread-options.ts"], node: true },
  estimator: { types: ["table", "run"] },
  trainer: {
    values: ["table", "key", "run", "job", "estimator"],
    packages: ["@standard-schema/spec"],
    node: true,
  },
  python: {
    values: ["table", "key", "run", "job", "protocol", "trainer"],
    entries: ["python/manyfit_host/__main__.py"],
    node: true,
  },
  "trainer-entry.ts": { values: ["trainer", "table"] },
  bundle: { types: ["job"], entries: ["trainer-entry.ts"], packages: ["esbuild"], node: true },
  worker: {
    values: ["protocol", "trainer", "python", "source/text", "source/file", "table", "key", "run", "job"],
    types: ["estimator"],
    node: true,
  },
  pool: {
    values: ["worker", "protocol", "trainer", "run", "key", "table", "job", "thread-options.ts"],
    entries: ["worker/process.ts"],
    node: true,
  },
  "user-module": {
    values: ["bundle", "python", "pool", "protocol", "trainer", "run", "key", "table", "job"],
    entries: ["worker/process.ts"],
    node: true,
  },
  "settle-job.ts": {
    values: ["job", "source", "trainer", "table"],
    types: ["bundle"],
  },
  engine: { values: ["trainer", "run", "job"], types: ["table", "key", "protocol", "source", "user-module"] },
  "engine/spark/connect": {
    packages: ["@grpc/grpc-js", "@bufbuild/protobuf", "#spark-connect"],
    node: true,
  },
  "engine/spark/executor": {
    values: ["pool", "worker", "protocol", "trainer", "estimator", "python", "run", "key", "table", "job"],
    entries: ["engine/spark/executor/main.ts"],
    packages: ["esbuild"],
    node: true,
  },
  "engine/spark": {
    values: [
      ...[
        "engine/spark/connect",
        "engine/spark/executor",
        "pool",
        "user-module",
        "settle-job.ts",
        "worker",
        "protocol",
        "source",
      ],
      ...["source/text", "bundle", "trainer", "duckdb", "run", "key", "table", "job", "engine"],
    ],
    types: ["engine-options.ts", "estimator"],
    entries: ["python/manyfit_host/__main__.py", "python/manyfit_spark/shim.py"],
    packages: ["@bufbuild/protobuf", "#spark-connect", "@uwdata/flechette", "esbuild"],
    node: true,
  },
  "engine/local": {
    values: [
      ...["pool", "user-module", "settle-job.ts", "worker", "protocol", "source", "trainer", "estimator"],
      ...["duckdb", "run", "key", "table", "job", "engine"],
    ],
    entries: ["worker/thread.ts"],
    node: true,
  },
  store: { values: ["duckdb", "table", "key", "run", "job"], node: true },
  "version.ts": { node: true },
  "plan.ts": { values: ["job", "key", "run", "trainer", "plan"], types: ["engine", "source"] },
  plan: { values: ["job", "key", "run"], types: ["engine"] },
  "plan-job.ts": {
    values: [
      ...["run", "duckdb", "source", "plan", "plan.ts", "open-engine.ts", "policy-options.ts"],
      ...["train-options.ts", "train.ts"],
    ],
    types: ["engine"],
  },
  "policy-options.ts": { values: ["job"] },
  "engine-options.ts": {},
  "train-options.ts": {
    values: ["key", "job", "trainer", "policy-options.ts", "engine-options.ts"],
    types: ["run", "plan.ts"],
    node: true,
  },
  "open-engine.ts": {
    values: ["duckdb", "engine", "engine/local", "engine/spark", "engine-options.ts", "trainer"],
    node: true,
  },
  "sample-memory.ts": { values: ["pool"], types: ["run"], node: true },
  "train.ts": {
    values: [
      ...["table", "key", "run", "job", "protocol", "duckdb", "source", "source/text", "estimator"],
      ...["trainer", "worker", "engine", "engine/local", "store"],
      ...["plan.ts", "open-engine.ts", "sample-memory.ts", "train-options.ts", "version.ts"],
    ],
    node: true,
  },
  "predict-options.ts": {
    values: ["policy-options.ts", "train-options.ts"],
    types: ["job", "run"],
    node: true,
  },
  predict: {
    values: ["table", "key", "run", "job", "duckdb", "source", "source/text", "store"],
    types: ["engine", "protocol"],
    node: true,
  },
  "predict-python.ts": {
    values: ["predict", "job", "trainer", "user-module"],
    types: ["engine", "duckdb"],
    node: true,
  },
  "predict.ts": {
    values: [
      "predict",
      "predict-options.ts",
      "predict-python.ts",
      "open-engine.ts",
      "duckdb",
      "source",
      "store",
    ],
    types: ["engine", "run"],
  },
  export: {
    values: ["key", "duckdb", "source", "store", "predict"],
    node: true,
  },
  "export-models.ts": { values: ["key", "export", "predict", "store"], node: true },
  doctor: {
    values: ["python", "duckdb", "engine/local", "engine/spark", "version.ts"],
    types: ["protocol"],
    node: true,
  },
  "index.ts": {
    values: [
      "doctor",
      ...["table", "key", "run", "job", "protocol", "source", "source/text", "estimator", "trainer"],
      ...[
        "engine",
        "engine/local",
        "store",
        "plan",
        "plan.ts",
        "plan-job.ts",
        "train.ts",
        "predict.ts",
        "export",
        "export-models.ts",
        "predict-options.ts",
        "policy-options.ts",
        "engine-options.ts",
        "train-options.ts",
        "version.ts",
      ],
    ],
    types: ["duckdb", "predict"],
  },
  cli: { values: ["index.ts", "run", "key"], packages: ["commander"], node: true },
};

/** What the table cannot say row by row. */
export const REACH_RULES: readonly ReachRule[] = [
  {
    from: ["worker", "engine/spark/executor"],
    except: [],
    never: ["duckdb", "bundle", "@duckdb/node-api", "@grpc/grpc-js"],
    why: "no native module may come to workers and executors, nor what speaks with Spark's server",
  },
  {
    from: ["trainer-entry.ts"],
    except: [],
    never: ["duckdb", "@duckdb/node-api", "bundle", "esbuild", "source", "engine", "store", "node:"],
    why: "every bundle of a user's trainer carries it",
  },
  {
    from: ["key", "run"],
    except: ["run/event-log.ts"],
    never: ["node:"],
    why: "browsers fold events with the same code",
  },
];
