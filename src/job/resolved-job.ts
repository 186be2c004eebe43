import type { KeyField } from "../key/key-type.ts";
import type { FieldType } from "../table/field.ts";
import type { ReadColumn } from "../table/read-column.ts";
import type { Dialect } from "./dialect.ts";
import type { Job } from "./job.ts";
import type { RowPolicy } from "./policy.ts";
import type { PythonFacts } from "./trainer-description.ts";

/** What the files of a source are; text may be packed with gzip. `csv` is every text of lines and fields. */
export type SourceFormat = "csv" | "ndjson" | "parquet";

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
  /** How a trainer may read it; null for types that trainers cannot read, such as lists and times of day. */
  readonly fieldType: FieldType | null;
  /** False for columns of row numbers that got a name from a tool: never a feature unless the user names it. */
  readonly isNamed: boolean;
  /**
   * A field that keeps a column from being one of numbers, where all others are: such as `NA`, or `1,234`; or a number, where
   * they are written as numbers seldom are, such as `+1` and `007`.
   */
  readonly nearNumber?: string;
}

/** The part that each column plays in an estimator, or in a class of scikit-learn's kind. */
export interface TrainerColumns {
  readonly features: readonly string[];
  /** Null for a class that explains none; estimators have one. */
  readonly target: string | null;
  readonly weights: string | null;
}

/** A module of the user's as it was bundled and described: what is run is this, whatever becomes of the file. Or a class. */
export interface TrainerModule {
  /** Name of the file, without its folder; of a class its dotted path. */
  readonly name: string;
  /** Of the bundle's text, in hex: the trainer's identity. A class has its spec for that, as canonical JSON. */
  readonly sha256: string;
  /** Whether it can predict. */
  readonly hasPredict: boolean;
  /** Whether it can score rows that are held out. */
  readonly hasScore: boolean;
  /** Partitions with fewer rows are skipped. */
  readonly minRows: number;
  /** What runs it, where it is Python. */
  readonly python?: PythonFacts;
}

/** A job in which nothing is left to find out: what engines run. Nothing in it is inferred twice. */
export interface ResolvedJob extends Job {
  readonly format: SourceFormat;
  /** Of CSV files; null for all others. */
  readonly dialect: Dialect | null;
  readonly files: readonly SourceFile[];
  readonly columns: readonly SourceColumn[];
  /** Empty for pooled runs. */
  readonly keyFields: readonly KeyField[];
  /** What the trainer reads, in the order in which every engine hands it over. */
  readonly readColumns: readonly ReadColumn[];
  /** Null for trainers that are modules, which name no parts. */
  readonly trainerColumns: TrainerColumns | null;
  /** Null for estimators. */
  readonly module: TrainerModule | null;
  readonly rowPolicy: RowPolicy;
}
