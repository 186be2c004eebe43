import type { ToldDialect } from "./dialect.ts";
import type { ColumnType, SourceSpec } from "./job.ts";

/** Files as a source, with what is told of their columns and rows: what {@link files} gives. */
export type FileSource = SourceSpec;

/** What can be told of files. */
export interface FileOptions {
  /** Types of columns that the files would get wrong. Default: none; keys of CSV files are text then. */
  readonly types?: Readonly<Record<string, ColumnType>> | undefined;
  /** A DuckDB expression; only rows for which it is true are read. Default: all rows. */
  readonly where?: string | undefined;
  /** The character between the fields of CSV files. Default: found out; a tab for `.tsv`. */
  readonly delimiter?: string | undefined;
  /** What stands before the fraction of a number in CSV files: a point or a comma. Default: found out. */
  readonly decimal?: "." | "," | undefined;
  /** The character that begins a line of CSV files which is no row. Default: found out. */
  readonly comment?: string | undefined;
  /** Fields of CSV files that are NULL beside the empty one, such as `NA`. Default: none. */
  readonly nullText?: string | readonly string[] | undefined;
}

/**
 * Files, folders and globs as one source of rows, as plain data for `train`: CSV, TSV, NDJSON, these packed with gzip, or
 * Parquet. Nothing is looked for or checked here.
 */
export function files(paths: string | readonly string[], options: FileOptions = {}): FileSource {
  const { types, where } = options;
  return {
    paths: typeof paths === "string" ? [paths] : [...paths],
    types: { ...types },
    where: where || null,
    dialect: dialectOf(options),
  };
}

function dialectOf({ delimiter, decimal, comment, nullText = [] }: FileOptions): ToldDialect {
  return {
    delimiter: delimiter ?? null,
    decimal: decimal ?? null,
    comment: comment ?? null,
    nullTexts: typeof nullText === "string" ? [nullText] : [...nullText],
  };
}
