import type { Connection } from "../../src/duckdb/duckdb.ts";
import { quoteIdentifier } from "../../src/duckdb/quote.ts";
import type { ColumnValues, NumberValues, Rows } from "../../src/table/column.ts";

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

/** Each value of a column as text: its bits or bytes, or `NULL`. */
export function cellsOf(column: ColumnValues): string[] {
  const { isValid } = column;
  const orNull = (cell: string, row: number) => (isValid?.[row] === 0 ? "NULL" : cell);
  if (column.kind === "numbers") return bitsOf(column.values).map(orNull);
  let from = column.start;
  return Array.from(column.ends, (end, row) => {
    const cell = `text ${Buffer.from(column.bytes.subarray(from, end)).toString("hex")}`;
    from = end;
    return orNull(cell, row);
  });
}

/** The cells of a query's columns, doubles or texts, as DuckDB has them, see {@link cellsOf}. */
export async function duckdbCells(
  connection: Connection,
  relation: string,
  columns: readonly { readonly name: string; readonly type: string }[],
): Promise<{ readonly rowCount: number; readonly cells: readonly string[][] }> {
  const cells: string[][] = columns.map(() => []);
  const list = columns.map(({ name, type }) =>
    type === "text" ? `encode(${quoteIdentifier(name)})` : `${quoteIdentifier(name)}::double`,
  );
  let rowCount = 0;
  for await (const batch of connection.batches(
    `select ${[...list, "0::double"].join(", ")} from ${relation}`,
  )) {
    for (const [i, { type }] of columns.entries()) {
      if (type === "text") {
        for (const bytes of batch.blobs(i))
          cells[i]!.push(bytes === null ? "NULL" : `text ${Buffer.from(bytes).toString("hex")}`);
      } else {
        const isValid = batch.isValid(i);
        const bits = bitsOf(batch.doubles(i).slice(0, batch.rowCount));
        cells[i]!.push(...bits.map((cell, row) => (isValid?.[row] === 0 ? "NULL" : cell)));
      }
    }
    rowCount += batch.rowCount;
  }
  return { rowCount, cells };
}

/** What a cell becomes where NULL is not told apart: NaN, or an empty text. */
export function withoutNull(cell: string, type: string): string {
  if (cell !== "NULL") return cell;
  return type === "text" ? "text " : "nan";
}
