import { quoteIdentifier } from "../duckdb/quote.ts";
import type { SourceFormat } from "../job/resolved-job.ts";
import type { OutputFile } from "./output-file.ts";
import type { TypedColumn } from "./typed-column.ts";

/**
 * SQL over the raw columns of a source for what is written of each: what lies in the source, but Parquet that is made of
 * text has types where they are known.
 */
export function writtenExpressions(
  columns: readonly TypedColumn[],
  from: SourceFormat,
  to: OutputFile["format"],
): string[] {
  const isTyped = from !== "parquet" && to === "parquet";
  return columns.map((column) => (isTyped ? typedForParquet(column) : quoteIdentifier(column.name)));
}

/** Keys, what the model reads and told columns have their types in Parquet, all others are the text that they were. */
function typedForParquet({ name, role, sqlType, expression }: TypedColumn): string {
  if (role === "other") return quoteIdentifier(name);
  // Parquet has no such integer, and DuckDB would write it as a double.
  return sqlType === "HUGEINT" ? `${expression}::DECIMAL(38,0)` : expression;
}
