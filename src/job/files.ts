import type { ColumnType, SourceSpec } from "./job.ts";

/** Files as a source, with what is told of their columns and rows: what {@link files} gives. */
export type FileSource = SourceSpec;

/** What can be told of files. */
export interface FileOptions {
  /** Types of columns that the files would get wrong. Default: none; keys of CSV files are text then. */
  readonly types?: Readonly<Record<string, ColumnType>> | undefined;
  /** A DuckDB expression; only rows for which it is true are read. Default: all rows. */
  readonly where?: string | undefined;
}

/**
 * Files, folders and globs as one source of rows, as plain data for `train`: CSV, CSV.gz or Parquet. Nothing is looked
 * for or checked here.
 */
export function files(paths: string | readonly string[], { types, where }: FileOptions = {}): FileSource {
  return {
    paths: typeof paths === "string" ? [paths] : [...paths],
    types: { ...types },
    where: where || null,
  };
}
