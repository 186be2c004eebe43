import { quoteIdentifier, quoteText } from "../duckdb/quote.ts";
import type { Dialect } from "../job/dialect.ts";

/** Ends what DuckDB's error says of a field that {@link commaNumber} does not read. */
const NO_NUMBER = ", which is not a number under a decimal comma";

/**
 * Whether a column of CSV files is read as text and made numbers by {@link commaNumber}: DuckDB's own reader drops the
 * fraction of a number with a decimal comma, or misses the nearest double, where 19 digits do not tell it.
 */
export function isCommaNumber({ decimal }: Pick<Dialect, "decimal">, sqlType: string): boolean {
  return decimal === "," && sqlType === "DOUBLE";
}

/**
 * SQL for the text of a number with a decimal comma as one with a point. Text that has a point, such as `1.234,5`, is no
 * such number, and stays none.
 */
export function withPoint(text: string): string {
  return `(case when contains(${text}, '.') then replace(${text}, '.', '.?') else replace(${text}, ',', '.') end)`;
}

/**
 * SQL for a column of texts with decimal commas as doubles, each the nearest; what DuckDB's CSV reader takes for no
 * number is an error, see {@link hasNoNumber}.
 */
export function commaNumber(name: string): string {
  const text = quoteIdentifier(name);
  const message = `concat(${quoteText(`column "${name}" has `)}, ${text}, ${quoteText(NO_NUMBER)})`;
  return `coalesce(try_cast(${withPoint(text)} as double), case when ${text} is not null then error(${message})::double end)`;
}

/** Whether it is an error of {@link commaNumber}, which knows neither file nor line. */
export function hasNoNumber(error: unknown): boolean {
  return error instanceof Error && error.message.includes(NO_NUMBER);
}
