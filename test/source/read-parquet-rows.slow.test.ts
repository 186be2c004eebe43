import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parquetMetadata } from "hyparquet";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Connection, Duckdb } from "../../src/duckdb/duckdb.ts";
import { quoteIdentifier, quoteText } from "../../src/duckdb/quote.ts";
import { readParquet } from "../../src/duckdb/read-files.ts";
import type { FileReading } from "../../src/source/file/file-reading.ts";
import { readFileRows } from "../../src/source/file/read-file-rows.ts";
import type { ColumnValues, Rows, TextValues } from "../../src/table/column.ts";
import type { FieldType } from "../../src/table/field.ts";
import type { ReadColumn } from "../../src/table/read-column.ts";
import { ANY_SIZE } from "../plain-job.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { bitsOf, duckdbRows } from "./duckdb-rows.ts";
import { openTestDuckdb } from "./write-source.ts";

let folder: string;
let duckdb: Duckdb;
let connection: Connection;
let written = 0;

beforeAll(async () => {
  folder = temporaryFolder();
  duckdb = await openTestDuckdb();
  connection = await duckdb.connect();
});

afterAll(() => {
  connection.close();
  duckdb.close();
});

/** Columns by name: the field's type and the SQL of a row `i`. */
const COLUMNS: Readonly<Record<string, readonly [FieldType, string]>> = {
  tiny: ["double", "(i % 256 - 128)::tinyint"],
  utiny: ["double", "(i % 256)::utinyint"],
  small: ["double", "(i * 13 - 32768)::smallint"],
  usmall: ["double", "(i * 13)::usmallint"],
  int: ["double", "(i * 858993 - 2147483648)::integer"],
  uint: ["double", "(i * 858993)::uinteger"],
  big: ["double", "(hash(i) >> 11)::bigint * if(i % 2 = 0, 1, -1)"],
  ubig: ["double", "(hash(i + 7) >> 11)::ubigint"],
  few: ["double", "(i % 3)::bigint"],
  huge: ["double", "(i * 1000000)::hugeint"],
  float: ["double", "(sin(i) * pow(10, i % 60 - 30))::float"],
  double: ["double", "sin(i) * pow(10, i % 600 - 300)"],
  special: ["double", "[0.0, -0.0, 'nan'::double, 'inf'::double, '-inf'::double, 5e-324][1 + i % 6]"],
  decimal4: ["double", "(i % 999 / 10 - 50)::decimal(4, 1)"],
  decimal9: ["double", "(i * 7.13 - 9000)::decimal(9, 2)"],
  decimal18: ["double", "(sin(i) * 1000000)::decimal(18, 6)"],
  decimal38: ["double", "(cos(i) * 100000)::decimal(38, 10)"],
  yes: ["boolean", "i % 3 = 0"],
  day: ["date", "date '1700-02-28' + (i * 37)::integer"],
  micros: ["timestamp", "make_timestamp(i * 3000000000001 - 7000000000000000)"],
  millis: ["timestamp", "make_timestamp_ms(i * 3000000001 - 7000000000000)::timestamp_ms"],
  nanos: ["timestamp", "make_timestamp_ns(i * 1001000000000 - 999000000000000)"],
  zoned: ["timestamp", "make_timestamp(i * 1000000000001)::timestamptz"],
  text: ["text", "repeat('ä€😀', (i % 5)::integer) || hash(i)"],
  word: ["text", "['red', 'green', '', 'blue'][1 + i % 4]"],
};

/** The SQL of what a worker must make of a column. */
function truthOf(name: string, type: FieldType): string {
  const column = quoteIdentifier(name);
  if (type === "date") return `epoch_us(${column}::timestamp)::double / 1000`;
  if (name === "nanos") return `epoch_ns(${column})::double / 1e6`;
  if (type === "timestamp") return `epoch_us(${column})::double / 1000`;
  return type === "text" ? column : `${column}::double`;
}

/** Writes a query as a Parquet file. */
async function parquetOf(query: string, options = ""): Promise<string> {
  const path = join(folder, `${written++}.parquet`);
  await connection.run(`copy (${query}) to ${quoteText(path)} (format parquet${options})`);
  return path;
}

function read(path: string, columns: readonly ReadColumn[]): Promise<FileReading> {
  return readFileRows(path, {
    format: "parquet",
    dialect: null,
    columns,
    mustDecline: null,
    limits: ANY_SIZE,
  });
}

function columnsOf(types: Readonly<Record<string, FieldType>>, hasValidity = true): ReadColumn[] {
  return Object.entries(types).map(([name, type]) => ({ name, type, hasValidity, isInteger: false }));
}

function textsOf({ bytes, ends, start, isValid }: TextValues): (string | null)[] {
  return Array.from(ends, (end, i) => {
    const from = i === 0 ? start : ends[i - 1]!;
    return isValid?.[i] === 0 ? null : Buffer.from(bytes.subarray(from, end)).toString("utf8");
  });
}

async function expectAsInDuckdb(
  path: string,
  { name, type }: ReadColumn,
  column: ColumnValues,
): Promise<void> {
  const sql = `select ${truthOf(name, type)} as value from ${readParquet([path])}`;
  if (column.kind === "texts") {
    const rows = await connection.rows<{ value: string | null }>(sql);
    expect(textsOf(column)).toEqual(rows.map((row) => row.value));
    return;
  }
  const truth = (await duckdbRows(connection, sql, 1)).columns[0] as typeof column;
  expect({ name, bits: bitsOf(column.values) }).toEqual({ name, bits: bitsOf(truth.values) });
  expect(column.isValid).toEqual(truth.isValid);
}

async function expectReadAsInDuckdb(path: string, columns: readonly ReadColumn[]): Promise<Rows> {
  const reading = await read(path, columns);
  if (reading.kind !== "rows") throw new Error(JSON.stringify(reading));
  for (const [i, column] of columns.entries()) await expectAsInDuckdb(path, column, reading.rows.columns[i]!);
  return reading.rows;
}

function everyType(rows: number, nullEvery: number): string {
  const list = Object.entries(COLUMNS).map(
    ([name, [, sql]], i) => `if((i + ${i}) % ${nullEvery} = 0, null, ${sql}) as ${quoteIdentifier(name)}`,
  );
  return `select ${list.join(", ")} from range(${rows}) r(i)`;
}

const EVERY_COLUMN = columnsOf(
  Object.fromEntries(Object.entries(COLUMNS).map(([name, [type]]) => [name, type])),
);

describe("a Parquet file is read as DuckDB reads it, bit by bit,", () => {
  const compressions = ["uncompressed", "snappy", "gzip", "zstd", "brotli", "lz4_raw"];

  test.each(compressions)("packed as %s, in columns of every type", async (codec) => {
    const options = `, compression ${codec}, row_group_size 2048`;
    const path = await parquetOf(everyType(5000, 11), options);
    const codecs = parquetMetadata(readFileSync(path)).row_groups.map((g) => g.columns[0]!.meta_data!.codec);
    expect(codecs).toEqual(Array.from({ length: 3 }, () => codec.toUpperCase()));
    expect((await expectReadAsInDuckdb(path, EVERY_COLUMN)).rowCount).toBe(5000);
  });

  test.each(compressions)("packed as %s, in pages of version 2, but for deltas", async (codec) => {
    const options = `, compression ${codec}, row_group_size 2048, parquet_version v2`;
    const path = await parquetOf(everyType(5000, 11), options);
    const { row_groups } = parquetMetadata(readFileSync(path));
    let readColumns = 0;
    for (const [i, column] of EVERY_COLUMN.entries()) {
      const encodings = row_groups.flatMap((group) => group.columns[i]!.meta_data!.encodings);
      const delta = encodings.find((name) => name.startsWith("DELTA_"));
      if (delta === undefined) {
        await expectReadAsInDuckdb(path, [column]);
        readColumns++;
      } else {
        expect(await read(path, [column])).toEqual({ kind: "declined", reason: `it is encoded as ${delta}` });
      }
    }
    expect(readColumns).toBeGreaterThan(7);
    expect(readColumns).toBeLessThan(EVERY_COLUMN.length - 7);
  });

  test("without any NULL, and with nothing else", async () => {
    const full = await expectReadAsInDuckdb(
      await parquetOf(everyType(300, 1_000_000)),
      EVERY_COLUMN.slice(1),
    );
    expect(full.columns.every((column) => column.isValid === null)).toBe(true);
    const empty = await expectReadAsInDuckdb(await parquetOf(everyType(300, 1)), EVERY_COLUMN);
    expect(empty.columns.every((column) => column.isValid?.includes(1) === false)).toBe(true);
  });

  test("with no rows", async () => {
    const rows = await expectReadAsInDuckdb(await parquetOf(everyType(0, 2)), EVERY_COLUMN);
    expect(rows.rowCount).toBe(0);
  });

  test("written by Arrow", async () => {
    const path = "test/data/flights/truth_carrier_dest.parquet";
    const { schema } = parquetMetadata(readFileSync(path));
    const types = schema.slice(1).map(({ name, type }) => [name, type === "BYTE_ARRAY" ? "text" : "double"]);
    const rows = await expectReadAsInDuckdb(path, columnsOf(Object.fromEntries(types)));
    expect(rows).toMatchObject({ rowCount: 314, columns: { length: 19 } });
  });

  test("of real flights, one carrier at a time", async () => {
    const flights = readParquet(["test/data/flights/flights.parquet"]);
    const path = await parquetOf(`select * from ${flights} where carrier = 'AS' or dest = 'HNL'`);
    const types = { arr_delay: "double", dep_delay: "double", distance: "double", dest: "text" } as const;
    expect((await expectReadAsInDuckdb(path, columnsOf(types))).rowCount).toBe(1421);
  });

  test("with NULL as NaN where they need not be told apart", async () => {
    const path = await parquetOf("select [1.5, null, 'nan'::double][i + 1] as x from range(3) r(i)");
    expect(await read(path, columnsOf({ x: "double" }, false))).toMatchObject({
      rows: { columns: [{ values: Float64Array.of(1.5, Number.NaN, Number.NaN), isValid: null }] },
    });
    expect(await read(path, columnsOf({ x: "double" }))).toMatchObject({
      rows: { columns: [{ isValid: Uint8Array.of(1, 0, 1) }] },
    });
  });

  test("beside columns of any other kind, and one column twice", async () => {
    const path = await parquetOf(
      "select {'x': i, 'l': [i]} as s, [i] as l, 'b'::blob as b, i as x from range(9) r(i)",
    );
    const x = columnsOf({ x: "double" });
    expect((await expectReadAsInDuckdb(path, [...x, ...x])).rowCount).toBe(9);
    expect(await read(path, columnsOf({ s: "double" }))).toMatchObject({ kind: "declined" });
    expect(await read(path, columnsOf({ l: "double" }))).toMatchObject({ kind: "declined" });
    expect(await read(path, columnsOf({ b: "text" }))).toMatchObject({ kind: "declined" });
  });
});

describe("the engine is asked to read a Parquet file", () => {
  test.each<[string, FieldType, string]>([
    ["an integer that is no exact double", "double", "9007199254740993"],
    ["the first integer that might be none", "double", "9007199254740992"],
    ["a negative one", "double", "-9007199254740993"],
    ["an unsigned one", "double", "18446744073709551615::ubigint"],
    ["a decimal of too many digits", "double", "12345678901234567.8::decimal(20, 1)"],
    ["a decimal of too many places", "double", "0.1::decimal(38, 30)"],
    ["a timestamp finer than microseconds", "timestamp", "make_timestamp_ns(1)"],
    ["nanoseconds that are rounded twice", "timestamp", "make_timestamp_ns(1700000000002000000)"],
    ["a timestamp too far away", "timestamp", "timestamp '2300-01-01'"],
    ["an infinite timestamp", "timestamp", "'infinity'::timestamp"],
    ["an infinite date", "date", "'-infinity'::date"],
    ["a time of day", "timestamp", "time '12:00'"],
    ["an interval", "double", "interval 1 day"],
    ["a UUID", "text", "uuid()"],
    ["a list", "double", "[1]"],
    ["a boolean as a number", "double", "true"],
    ["a number as a boolean", "boolean", "1"],
    ["a number as text", "text", "1"],
    ["text as a number", "double", "'1'"],
    ["a date as a timestamp", "timestamp", "date '2020-01-01'"],
    ["a timestamp as a date", "date", "timestamp '2020-01-01'"],
    ["bytes as text", "text", "'a'::blob"],
    ["JSON as text", "text", "'{}'::json"],
  ])("with %s", async (_, type, sql) => {
    const path = await parquetOf(`select ${sql} as x`);
    expect(await read(path, columnsOf({ x: type }))).toEqual({
      kind: "declined",
      reason: expect.stringMatching(/^column "x" (is not plainly|has a value)/),
    });
  });

  test("with more rows than it reads faster, and with just as many not", async () => {
    const types = columnsOf({ i: "double" });
    expect(await read(await parquetOf("from range(6000) r(i)"), types)).toHaveProperty("kind", "rows");
    expect(await read(await parquetOf("from range(6001) r(i)"), types)).toEqual({
      kind: "declined",
      reason: "it has 6001 rows, more than a worker reads",
    });
  });

  test("with two columns that differ in case only, or that is encrypted, or whose pages are damaged", async () => {
    const bytes = readFileSync(await parquetOf("select i as a, i as b from range(3000) r(i)"));
    const cases: [RegExp, (copy: Buffer) => void][] = [
      [/encrypted/, (copy) => copy.write("PARE", copy.length - 4)],
      [/begin/, (copy) => copy.write("PARX", 0)],
      [/./, (copy) => copy.fill(0xff, 4, 400)],
      [/./, (copy) => copy.fill(0xff, copy.length - 200, copy.length - 100)],
    ];
    for (const [reason, change] of cases) {
      const copy = Buffer.from(bytes);
      change(copy);
      const path = join(folder, `${written++}.parquet`);
      writeFileSync(path, copy);
      const expected = { kind: "declined", reason: expect.stringMatching(reason) };
      expect(await read(path, columnsOf({ a: "double" }))).toEqual(expected);
    }
    // Column b of the schema, as Thrift writes its name.
    bytes.write("A", bytes.indexOf(Buffer.of(0x18, 1, 0x62)) + 2);
    const path = join(folder, `${written++}.parquet`);
    writeFileSync(path, bytes);
    expect(await read(path, columnsOf({ a: "double" }))).toEqual({
      kind: "declined",
      reason: "it names a column twice",
    });
  });
});

describe("a Parquet file fails", () => {
  test("when it lacks a column", async () => {
    const path = await parquetOf("select 1 as a, 2 as b");
    expect(await read(path, columnsOf({ A: "double", b: "double" }))).toMatchObject({
      kind: "failed",
      code: "unknown_column",
      message: 'it lacks column "A"; its columns are "a", "b"',
      file: { bytes: readFileSync(path).length },
    });
  });

  test("when it is none, or was cut short, or is empty", async () => {
    const bytes = readFileSync(await parquetOf("select i as a from range(100) r(i)"));
    const damaged = [
      Buffer.from(""),
      Buffer.from("PAR1"),
      Buffer.from("a,b\n1,2\n"),
      bytes.subarray(0, -1),
      bytes.subarray(0, 50),
      bytes.subarray(-40),
    ];
    for (const copy of damaged) {
      const path = join(folder, `${written++}.parquet`);
      writeFileSync(path, copy);
      const reading = await read(path, columnsOf({ a: "double" }));
      expect(reading).toMatchObject({
        kind: "failed",
        code: "source_unreadable",
        file: { bytes: copy.length },
      });
      await expect(connection.run(`from ${readParquet([path])}`)).rejects.toThrow();
    }
  });
});
