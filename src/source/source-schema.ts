import type { Dialect } from "../job/dialect.ts";
import type { SourceColumn, SourceFile } from "../job/resolved-job.ts";

/** What every kind of source is known by before its rows are read. */
interface FoundFiles {
  readonly files: readonly SourceFile[];
  /** All columns that any file has: those of the first in its order, then what others have besides. */
  readonly columns: readonly SourceColumn[];
  /** Columns that are not the same in all files. */
  readonly differences: readonly ColumnDifference[];
}

/** A column that one file lacks, or has in another type than others. */
export interface ColumnDifference {
  readonly column: string;
  /** The first file in which it differs. */
  readonly path: string;
  /** What is the matter, to go on after the file's name. */
  readonly problem: string;
}

/** Neighbouring CSV files that one reader reads. */
export interface CsvFiles {
  readonly fileCount: number;
  /** Columns in the order of these files. */
  readonly names: readonly string[];
  /** Lines before the header. */
  readonly skip: number;
  /** Whether comments are passed over by their character; not beside lines that are skipped. */
  readonly hasComments: boolean;
  /** What ends lines, where DuckDB has to be told because a name has several; else null. */
  readonly newLine: string | null;
}

/** What is known of a source of CSV files. */
export interface CsvSchema extends FoundFiles {
  readonly format: "csv";
  readonly dialect: Dialect;
  /** All files in their order. */
  readonly groups: readonly CsvFiles[];
}

/** What is known of a source of Parquet files. */
export interface ParquetSchema extends FoundFiles {
  readonly format: "parquet";
  /** Rows of each file, from its footer; null where the footers were not all read. */
  readonly fileRows: readonly number[] | null;
}

/** What is known of a source of NDJSON files. A line may lack any field. */
export interface NdjsonSchema extends FoundFiles {
  readonly format: "ndjson";
}

/** What is known of a source before its rows are read. */
export type SourceSchema = CsvSchema | NdjsonSchema | ParquetSchema;

const NUMERIC = /^(U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|FLOAT|DOUBLE|DECIMAL\(.*\))$/;

/** Whether a DuckDB type holds numbers. */
export function isNumericType(sqlType: string): boolean {
  return NUMERIC.test(sqlType);
}
