import { quoteText, quoteTextList } from "../duckdb/quote.ts";

/**
 * SQL that reads the Parquet files of a run. To DuckDB a path with `[`, `*` or `?` is a pattern, and the file of that
 * very name where the pattern matches nothing else: nothing else has the run's id in its path. It is not written as a
 * pattern that matches itself, because a confined database would not be allowed to list folders for it.
 */
export function readStoredParquet(paths: readonly string[]): string {
  return `read_parquet(${quoteTextList(paths)}, hive_partitioning = false)`;
}

/** SQL that writes the rows of a query to a Parquet file, under that very name; `options` are further ones of DuckDB's. */
export function copyToParquet(query: string, path: string, options = "compression snappy"): string {
  return `copy (${query}) to ${quoteText(path)} (format parquet, use_tmp_file false, ${options})`;
}
