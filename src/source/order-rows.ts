import { quoteIdentifier } from "../duckdb/quote.ts";
import type { ResolvedJob } from "../job/resolved-job.ts";
import { exactInteger } from "./read-expression.ts";
import { isIntegerType, keyTypeOf } from "./sql-type.ts";

/** The columns by which a job orders rows, as SQL for `o0 …` over the columns of its reader. */
export function orderList(job: ResolvedJob): string[] {
  return job.orderBy.map((name, i) => `${orderExpression(name, job)} as o${i}`);
}

function orderExpression(name: string, { columns, readColumns, format }: ResolvedJob): string {
  const value = quoteIdentifier(name);
  const { sqlType } = columns.find((column) => column.name === name)!;
  // Values of an enum have an order of their own.
  if (keyTypeOf(sqlType) === "text") return `${value}::VARCHAR`;
  const isDouble =
    format !== "parquet" && readColumns.some((read) => read.name === name && read.type === "double");
  return isDouble && isIntegerType(sqlType) ? exactInteger(name, sqlType) : value;
}

/**
 * SQL for a row's position. `place` is SQL that tells its place in the source. Where nothing orders the rows that is it;
 * else it is the row's number in its partition under the order. To DuckDB NaN is above all numbers and texts are bytes.
 */
export function orderedPosition({ orderBy, keyFields }: ResolvedJob, place: string): string {
  if (orderBy.length === 0) return place;
  const keys = keyFields.map((_, i) => `k${i}`);
  const partition = keys.length === 0 ? "" : `partition by ${keys.join(", ")} `;
  const order = [...orderBy.map((_, i) => `o${i} asc nulls first`), place].join(", ");
  return `(row_number() over (${partition}order by ${order}) - 1)::double`;
}
