import type { Connection } from "../duckdb/duckdb.ts";
import type { Relation } from "../source/relation.ts";
import type { ReadColumn } from "../table/read-column.ts";

/** From here on a double does not hold every integer. */
const EXACT = 2 ** 53;

/**
 * The columns of a relation, of which those are integers that models were fitted on as such and that have nothing but whole
 * numbers here, too: a fraction would be cut where a frame has integers.
 */
export async function wholeColumns(
  { columns, sql }: Relation,
  connection: Connection,
): Promise<readonly ReadColumn[]> {
  const integers = columns.flatMap(({ isInteger }, i) => (isInteger ? [i] : []));
  if (integers.length === 0) return columns;
  const tests = integers.map((i) => {
    const value = `r.c${i}::DOUBLE`;
    const isWhole = `isfinite(${value}) and ${value} = trunc(${value}) and abs(${value}) < ${EXACT}`;
    return `coalesce(bool_and(${value} is null or (${isWhole})), true) as w${i}`;
  });
  const [found] = await connection.rows<Record<string, boolean>>(`select ${tests.join(", ")} from ${sql} r`);
  return columns.map((column, i) => ({ ...column, isInteger: column.isInteger && found![`w${i}`] === true }));
}
