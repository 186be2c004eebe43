import type { KeyField } from "../key/key-type.ts";
import type { Job } from "./job.ts";

/** A file of the source, as it was when it was inspected. */
export interface SourceFile {
  /** Absolute path. */
  readonly path: string;
  readonly bytes: number;
  readonly modifiedAtMs: number;
}

/** A column of the source that the trainer may read. */
export interface SourceColumn {
  readonly name: string;
  /** The type in DuckDB's words, such as `BIGINT`: the one the user told, else the one that was found. */
  readonly sqlType: string;
  /** The type that the files have. */
  readonly foundType: string;
  /** Whether its values are numbers (or were told to be). */
  readonly isNumeric: boolean;
  /** False for columns of row numbers that got a name from a tool: never a feature unless the user names it. */
  readonly isNamed: boolean;
}

/** The columns that a trainer reads, each as one array of doubles. */
export interface TrainerColumns {
  readonly features: readonly string[];
  readonly target: string;
  readonly weights: string | null;
}

/** A job in which nothing is left to find out: what engines run. Nothing in it is inferred twice. */
export interface ResolvedJob extends Job {
  readonly format: "csv" | "parquet";
  readonly files: readonly SourceFile[];
  readonly columns: readonly SourceColumn[];
  /** Empty for pooled runs. */
  readonly keyFields: readonly KeyField[];
  readonly trainerColumns: TrainerColumns;
}
