import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { Field } from "../table/field.ts";
import type { Table } from "../table/table.ts";

/** Params of a trainer without a schema: none. */
export type NoParams = Readonly<Record<string, never>>;

/** What a trainer gets as `params`: what its schema makes of those that were given. */
export type ParamsOf<Schema> = Schema extends StandardSchemaV1
  ? StandardSchemaV1.InferOutput<Schema>
  : NoParams;

/**
 * The key of a partition by the names of the key columns: booleans, numbers and text as they are; integers beyond 2^53,
 * decimals, NaN and infinities as text; dates and timestamps as ISO 8601 text (UTC); blobs as hexadecimal text; NULL as
 * null. `{ file: "path" }` for runs with one model per file, `{}` for pooled runs.
 */
export type PartitionKey = Readonly<Record<string, null | boolean | number | string>>;

/** What a model that is not bytes may be, part by part: `never` where JSON cannot carry it. */
export type JsonModel<Part> = Part extends null | boolean | number | string
  ? Part
  : Part extends NotJson
    ? never
    : Part extends readonly (infer Element)[]
      ? readonly JsonModel<Element>[]
      : Part extends object
        ? { readonly [Name in keyof Part]: JsonModel<Part[Name]> }
        : never;

/** A model as `fit` may return it: bytes, or what JSON can carry. */
export type StorableModel<Model> = Model extends Uint8Array ? Model : JsonModel<Model>;

/** A model as `predict` gets it: as `fit` returned it, but bytes of any class, such as `Buffer`, are a plain array. */
export type ReadModel<Model> = Model extends Uint8Array ? Uint8Array : Model;

/** Metrics as `fit` may return them: a number or null under every name. */
export type StorableMetrics<Metrics> = Metrics extends undefined
  ? Metrics
  : Metrics extends NotJson | readonly unknown[]
    ? never
    : {
        readonly [Name in keyof Metrics]: Metrics[Name] extends number | null ? Metrics[Name] : number | null;
      };

/** What `fit` may return, for what it does return, each shape by itself: no member but those of `FitOutput`. */
export type StorableOutput<Output> = Output extends object
  ? {
      readonly [Name in keyof Output]: Name extends "model"
        ? StorableModel<Output[Name]>
        : Name extends "metrics"
          ? StorableMetrics<Output[Name]>
          : Name extends "warnings"
            ? Output[Name]
            : never;
    }
  : never;

/** Nothing more to ask of a `fit` whose output can be stored, else what it would have to be, for the compiler's message. */
export type CheckedFit<Output> = [Output] extends [StorableOutput<Output>]
  ? unknown
  : {
      /** What `fit` would have to give. */
      readonly fit: (...input: never[]) => StorableOutput<Output> | Promise<StorableOutput<Output>>;
    };

/** Nothing more to ask of a `score` whose output can be stored, else what it would have to be. */
export type CheckedScore<Scores> = [Scores] extends [StorableMetrics<Scores>]
  ? unknown
  : {
      /** What `score` would have to give. */
      readonly score: (...input: never[]) => StorableMetrics<Scores> | Promise<StorableMetrics<Scores>>;
    };

/** What JSON cannot carry, though it is an object: functions, arrays of bytes and numbers, dates, maps, sets, promises. */
export type NotJson =
  | ((...input: never[]) => unknown)
  | ArrayBufferView
  | ArrayBufferLike
  | Date
  | ReadonlyMap<unknown, unknown>
  | ReadonlySet<unknown>
  | PromiseLike<unknown>;

/** What `columns` is called with. */
export interface ColumnsInput<Params> {
  readonly params: Params;
  /** Columns of the source without its key columns, in its order. */
  readonly schema: readonly Field[];
}

/** What `fit` is called with. */
export interface FitInput<Params> {
  /**
   * The rows of the partition that are fitted, in the order of the source or of `orderBy`: all of them, unless the run
   * drops rows with NULL or holds rows out.
   */
  readonly table: Table;
  readonly key: PartitionKey;
  /** The same for every partition; plain objects and arrays in it are frozen. */
  readonly params: Params;
  /** Of this partition, from 0 to 4294967295: it follows from the run's seed and the key alone. */
  readonly seed: number;
  /** Aborted when the run is stopped. */
  readonly signal: AbortSignal;
}

/** A remark on a fitted model. A text alone has the code `trainer_warning`. */
export type FitWarning = string | { readonly code: string; readonly message: string };

/** What `fit` returns. */
export interface FitOutput<Model, Metrics = Readonly<Record<string, number | null>>> {
  /** A JSON value, see `canonicalJson`, or a `Uint8Array` as the whole model. */
  readonly model: Model;
  /** Named numbers, at most 100. NaN and infinities are stored as null, with a warning. Default: none. */
  readonly metrics?: Metrics | undefined;
  /** Default: none. */
  readonly warnings?: readonly FitWarning[] | undefined;
}

/** What `predict` is called with. */
export interface PredictInput<Model, Params> {
  /** As `fit` returned it, after a way through the run's files: nobody else has this object. */
  readonly model: Model;
  /** Rows of the partition, with the columns that the trainer reads. */
  readonly table: Table;
  readonly key: PartitionKey;
  readonly params: Params;
}

/** One column of predictions, one value per row of the table, null where there is none. */
export type PredictedColumnValues =
  | Float64Array
  | readonly (number | null)[]
  | readonly (string | null)[]
  | readonly (boolean | null)[];

/** What `predict` returns: columns by name, at least one. */
export type PredictOutput = Readonly<Record<string, PredictedColumnValues>>;

/** What `score` is called with. */
export interface ScoreInput<Model, Params> {
  /** As `fit` returned it, after the way that it takes through the run's files: nobody else has this object. */
  readonly model: Model;
  /** The rows of the partition that were held out from the fit, at least one, in the order of the source or of `orderBy`. */
  readonly table: Table;
  readonly key: PartitionKey;
  readonly params: Params;
}

/**
 * A trainer as its author writes it. `fit` stands before `predict` and `score`: TypeScript takes the model's type from
 * the one for the others.
 */
export interface TrainerDefinition<
  Schema extends StandardSchemaV1 | undefined,
  Output extends FitOutput<unknown, object>,
  Scores extends object = Readonly<Record<string, number | null>>,
> {
  /**
   * Names of the columns to read. Default: all columns of the source but the key columns and those that trainers cannot
   * read, such as lists.
   */
  readonly columns?:
    | readonly string[]
    | ((input: ColumnsInput<ParamsOf<Schema>>) => readonly string[])
    | undefined;
  /** A validator of the params (zod, valibot, arktype, …), sync or async. Default: the trainer has no params. */
  readonly params?: Schema;
  /** Partitions with fewer rows to fit are skipped; a run may ask for more. Default: 1. */
  readonly minRows?: number | undefined;
  /**
   * Fits one partition. May be async. What it throws is that partition's failure and nobody else's. For the same
   * models in every run it uses no clock and no chance but `seed`.
   */
  readonly fit: (input: FitInput<ParamsOf<Schema>>) => Output | Promise<Output>;
  /** Predicts the rows of one partition with its model. May be async. Default: the trainer cannot predict. */
  predict?(
    input: PredictInput<ReadModel<Output["model"]>, ParamsOf<Schema>>,
  ): PredictOutput | Promise<PredictOutput>;
  /**
   * Scores the model of a partition on rows that it was not fitted on: named numbers, as the metrics of `fit`, stored as
   * `holdout_<name>`. May be async. Called in runs with a holdout, for partitions of which a row is held out; what it
   * throws is that partition's failure. Default: the trainer cannot score, and is refused where rows are held out.
   */
  score?(input: ScoreInput<ReadModel<Output["model"]>, ParamsOf<Schema>>): Scores | Promise<Scores>;
}
