import { quoteText, quoteTextList } from "./quote.ts";

/**
 * Paths of files that exist, as an SQL list of patterns that match nothing else: to DuckDB every path is a pattern,
 * so `s[12].csv` would read `s1.csv`.
 */
export function quotePaths(paths: readonly string[]): string {
  return quoteTextList(paths.map(literalPattern));
}

function literalPattern(path: string): string {
  return path.replace(/[*?[]/g, "[$&]");
}

/**
 * SQL that reads Parquet files. Without a word DuckDB would take a folder called `a=b` for a column of a Hive table,
 * and put it in the place of the file's own.
 */
export function readParquet(paths: readonly string[]): string {
  return `read_parquet(${quotePaths(paths)}, hive_partitioning = false)`;
}

/** How CSV files are to be read: nothing is left to be detected. */
export interface CsvReading {
  readonly delimiter: string;
  readonly quote: string;
  readonly escape: string;
  /** DuckDB types by column name, in the order of the file. */
  readonly columns: readonly (readonly [name: string, sqlType: string])[];
  /** Whether `""` is an empty text; else it is NULL, as an empty field is. Default: false. */
  readonly keepsEmptyText?: boolean;
}

/** SQL that reads CSV files, plain or gzip, that begin with a header. */
export function readCsv(paths: readonly string[], reading: CsvReading): string {
  const columns = reading.columns.map(([name, type]) => `${quoteText(name)}: ${quoteText(type)}`).join(", ");
  return `read_csv(${quotePaths(paths)}, hive_partitioning = false, auto_detect = false, header = true,
    delim = ${quoteText(reading.delimiter)}, quote = ${quoteText(reading.quote)},
    escape = ${quoteText(reading.escape)}, allow_quoted_nulls = ${reading.keepsEmptyText !== true},
    columns = {${columns}})`;
}

/** SQL that finds out delimiter, quotes and column types of a CSV file from its first rows. */
export function sniffCsv(path: string): string {
  return `sniff_csv(${quoteText(literalPattern(path))}, header = true, hive_partitioning = false)`;
}
