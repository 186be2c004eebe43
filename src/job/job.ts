import type { KeyType } from "../key/key-type.ts";
import type { ToldDialect } from "./dialect.ts";
import type { Policy } from "./policy.ts";

/** The type a column is told to have with `--type`, instead of the one the source gives it. */
export type ColumnType = Exclude<KeyType, "hugeint" | "blob">;

/** Where the rows are, as the user said it. */
export interface SourceSpec {
  /** Files, folders and globs, at least one. */
  readonly paths: readonly string[];
  /** Types of columns that the user told, by column name. */
  readonly types: Readonly<Record<string, ColumnType>>;
  /** A DuckDB expression; rows for which it is not true are not read. Null reads all. */
  readonly where: string | null;
  /** What is said of the dialect of text files. */
  readonly dialect: ToldDialect;
}

/** What makes a partition: all rows with equal values in some columns, all rows of a file, or simply all rows. */
export type Partitioning =
  | { readonly kind: "by"; readonly columns: readonly string[] }
  | { readonly kind: "file" }
  | { readonly kind: "pooled" };

/** A value that JSON can carry. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

/** Hyperparameters by name, as they were given. */
export type Params = { readonly [name: string]: JsonValue };

/** A built-in estimator with its params. */
export interface EstimatorSpec {
  /** Such as `linear-regression`. */
  readonly estimator: string;
  readonly params: Params;
}

/** A trainer of the user's own with its params. */
export interface ModuleSpec {
  /** Path of the TypeScript or JavaScript file whose default export is `defineTrainer({ … })`, or the Python file with `fit`. */
  readonly module: string;
  readonly params: Params;
}

/** A class of scikit-learn's kind with its params and columns: what {@link sklearn} gives. */
export interface SklearnSpec {
  /** Dotted path of a class with `fit` and `get_params`, such as `sklearn.linear_model.LinearRegression`. */
  readonly sklearn: string;
  /** Column to explain; null where the class explains none, as when it finds clusters. */
  readonly target: string | null;
  /** Columns that explain it; null: all other numeric columns of the source, as for estimators. */
  readonly features: readonly string[] | null;
  /** Column of weights per row, which `fit` gets as `sample_weight`; null: all rows alike. */
  readonly weights: string | null;
  /** Of the class: what it is made with. */
  readonly params: Params;
}

/** Which trainer to run and its params, as plain data: what every engine understands. */
export type TrainerSpec = EstimatorSpec | ModuleSpec | SklearnSpec;

/** Whether a spec names an estimator of manyfit's own: any other is code of the user's environment, run in processes. */
export function isEstimatorSpec(spec: TrainerSpec): spec is EstimatorSpec {
  return "estimator" in spec;
}

/** Whether a spec names a class of scikit-learn's kind. */
export function isSklearnSpec(spec: TrainerSpec): spec is SklearnSpec {
  return "sklearn" in spec;
}

/** Whether a spec names a module of the user's. */
export function isModuleSpec(spec: TrainerSpec): spec is ModuleSpec {
  return "module" in spec;
}

/** Whether Python runs what a spec names: a file of Python's, or a class. */
export function isPython(spec: TrainerSpec): boolean {
  return isSklearnSpec(spec) || (isModuleSpec(spec) && spec.module.endsWith(".py"));
}

/** What a run is asked to do, as plain data, before anything is read. */
export interface Job {
  readonly source: SourceSpec;
  readonly partitioning: Partitioning;
  readonly trainer: TrainerSpec;
  /** A uint32 from which every partition's seed is derived. */
  readonly seed: number;
  /**
   * Columns by which the rows of each partition are ordered, ascending, NULL first and NaN last, texts by their UTF-8
   * bytes; rows that are equal there stay in the order of the source, as all do where none is named.
   */
  readonly orderBy: readonly string[];
  /** Only the first so many partitions in key order are fitted; null: all. */
  readonly limit: number | null;
  readonly policy: Policy;
}
