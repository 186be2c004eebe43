import { quoteTextList } from "../duckdb/quote.ts";

/**
 * SQL that reads Parquet files that exist. A path that exists is no pattern to DuckDB, whatever signs it holds; but
 * without a word it would take a folder called `a=b` for a column of a Hive table.
 */
export function readParquet(paths: readonly string[]): string {
  return `read_parquet(${quoteTextList(paths)}, hive_partitioning = false)`;
}
