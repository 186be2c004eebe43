import type { KeyType } from "../key/key-type.ts";

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
}

/** What makes a partition: all rows with equal values in some columns, or simply all rows. */
export type Partitioning =
  | { readonly kind: "by"; readonly columns: readonly string[] }
  | { readonly kind: "pooled" };

/** A value that JSON can carry. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

/** Which trainer to run and its params, as plain data: what every engine understands. */
export interface TrainerSpec {
  /** Name of a built-in estimator, such as `linear-regression`. */
  readonly estimator: string;
  readonly params: { readonly [name: string]: JsonValue };
}

/** What a run is asked to do, as plain data, before anything is read. */
export interface Job {
  readonly source: SourceSpec;
  readonly partitioning: Partitioning;
  readonly trainer: TrainerSpec;
  /** A uint32 from which every partition's seed is derived. */
  readonly seed: number;
}
