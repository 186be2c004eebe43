import type { Connection } from "../duckdb/duckdb.ts";
import { quoteIdentifier } from "../duckdb/quote.ts";
import type { Input } from "./input.ts";
import { REASON } from "./output-rows.ts";
import { type JoinedRows, valuedRows } from "./predicted-rows.ts";

/** Share of DuckDB's memory that rows may take to be sorted whole. */
const SORT_SHARE = 0.25;

/** How much larger rows are in memory than in packed files, if they are mostly text. */
const UNPACKED = 6;

/** Bytes that a sort takes for each value at least. */
const VALUE_BYTES = 16;

/**
 * Whether the rows are few and narrow enough to be sorted whole in memory, with everything that is written. Beyond that a
 * sort would spill every column.
 */
export async function fitsSorting(
  { files, columns }: Input,
  rowCount: number,
  connection: Connection,
): Promise<boolean> {
  const fileBytes = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const values = rowCount * (columns.length + 2) * VALUE_BYTES;
  return Math.max(values, fileBytes * UNPACKED) <= (await memoryLimit(connection)) * SORT_SHARE;
}

const UNITS: Readonly<Record<string, number>> = {
  bytes: 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

/** What DuckDB may hold in memory, in bytes; 0 where it is said in a way that is not known. */
async function memoryLimit(connection: Connection): Promise<number> {
  const [row] = await connection.rows<{ text: string }>("select current_setting('memory_limit') as text");
  const [, size = "", unit = ""] = /^([0-9.]+) (bytes|[KMGT]iB)$/.exec(row!.text) ?? [];
  return Number(size) * (UNITS[unit] ?? 0);
}

/**
 * SQL for the rows with what was predicted beside them, sorted whole into the order of the source: read once and written
 * by all threads. `fileColumn` names the column of the files' keys, which is the first; null: there is none.
 */
export function sortedRows({ columns, prefix }: Input, rows: JoinedRows, fileColumn: string | null): string {
  const written = columns.map((_, i) => `${prefix}${i}`);
  const file = fileColumn === null ? [] : ["k0"];
  const predictions = rows.values.values.map((_, i) => `case when reason is null then v${i} end as p${i}`);
  const sorted = `(select ${[...file, ...written, ...predictions, "reason"].join(", ")}
    from ${valuedRows(rows, [...written, "position", ...file])} order by position)`;
  const names = [
    ...(fileColumn === null ? [] : [`k0 as ${quoteIdentifier(fileColumn)}`]),
    ...columns.map(({ name }, i) => `${prefix}${i} as ${quoteIdentifier(name)}`),
    ...rows.values.values.map(({ name }, i) => `p${i} as ${quoteIdentifier(name)}`),
  ];
  // Reasons are spelled behind the sort, which would carry their texts.
  return `select ${[...names, `reason::VARCHAR as ${REASON}`].join(", ")} from ${sorted}`;
}
