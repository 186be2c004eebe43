import type { Table } from "@uwdata/flechette";
import type { Relation } from "#spark-connect/relations";
import type { Inventory } from "../../job/inventory.ts";
import type { FilePlan } from "../../protocol/file-plan.ts";

/** What an inspection on the cluster leaves for the run: partitions whose rows are brought together, or files. */
export type SparkPrepared = SparkKeys | SparkFiles;

/** Partitions by key: rows are joined to the dictionary by their key's columns, null-safe. */
export interface SparkKeys {
  readonly kind: "keys";
  /** Counts of every partition; `job.files` are those that Spark lists, empty for tables and queries. */
  readonly inventory: Inventory;
  /**
   * The rows: key columns `k0 …` as Spark has them; of each column that the trainer reads `c0 …`, never NULL (a double,
   * NULL as NaN, or a string, NULL as empty), and beside columns whose NULLs are told apart `v0 …` (a tinyint: 1 is a value,
   * 0 is NULL); `position`, a double that numbers the rows of the source in its order, with gaps, and where the job orders
   * rows `o0 …` as Spark has them.
   */
  readonly rows: Relation;
  readonly dictionary: SparkDictionary;
  /** Sort keys of each partition's rows beside `position`, such as `o0`: ascending, NULL first. Empty: `position` alone. */
  readonly order: readonly string[];
}

/** Every key once, as Spark gave it. */
export interface SparkDictionary {
  /** Columns `k0 …` in Spark's types, one row for each key, in any order; no columns for pooled runs. */
  readonly keys: Table;
  /** Number of the partition of each row of `keys`. */
  readonly partition: Int32Array;
  /** Bytes of the texts of each partition, by its number, for each column that the trainer reads; null for numbers. */
  readonly textBytes: readonly (Float64Array | null)[];
}

/** Partitions that are files, each read whole by whoever fits it. */
export interface SparkFiles {
  readonly kind: "files";
  readonly inventory: Inventory;
  /** Rows `path` (as Spark names the file), `length` and `content` of files, of which some may not be partitions. */
  readonly contents: Relation;
  /** Number of the partition of a file by its `path`. */
  readonly partitionOf: ReadonlyMap<string, number>;
  readonly plan: FilePlan;
}
