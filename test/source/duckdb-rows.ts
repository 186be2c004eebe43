import type { Connection } from "../../src/duckdb/duckdb.ts";
import type { NumberValues, Rows } from "../../src/table/column.ts";

/** The rows of a query whose columns are doubles, as DuckDB has them; NULL is NaN and not valid. */
export async function duckdbRows(connection: Connection, sql: string, columnCount: number): Promise<Rows> {
  const values: number[][] = Array.from({ length: columnCount }, () => []);
  const isValid: number[][] = Array.from({ length: columnCount }, () => []);
  let rowCount = 0;
  for await (const batch of connection.batches(sql)) {
    for (let column = 0; column < columnCount; column++) {
      const doubles = batch.doubles(column);
      const mask = batch.isValid(column);
      for (let i = 0; i < batch.rowCount; i++) {
        const isNull = mask !== null && mask[i] === 0;
        values[column]!.push(isNull ? Number.NaN : doubles[i]!);
        isValid[column]!.push(isNull ? 0 : 1);
      }
    }
    rowCount += batch.rowCount;
  }
  const columns = values.map(
    (column, i): NumberValues => ({
      kind: "numbers",
      values: Float64Array.from(column),
      isValid: isValid[i]!.includes(0) ? Uint8Array.from(isValid[i]!) : null,
    }),
  );
  return { rowCount, columns };
}

/** The bits of numbers, in which 0 and -0 differ and NaN is NaN. */
export function bitsOf(values: Float64Array): string[] {
  return Array.from(values, (value) => {
    if (Number.isNaN(value)) return "nan";
    const view = new DataView(new ArrayBuffer(8));
    view.setFloat64(0, value);
    return view.getBigUint64(0).toString(16);
  });
}
