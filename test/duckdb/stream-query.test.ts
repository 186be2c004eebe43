import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Connection, Duckdb } from "../../src/duckdb/duckdb.ts";
import { openTestDuckdb } from "../source/write-source.ts";
import { temporaryFolder } from "../temporary-folder.ts";

/** More rows than DuckDB gets ready before the first is asked for: 1 MB when confined. */
const ROWS = 3_000_000;

let duckdb: Duckdb;
let connection: Connection;

beforeAll(async () => {
  duckdb = await openTestDuckdb();
  // A confined DuckDB keeps the small buffer, so that the stream has begun when the error comes.
  await duckdb.confine([join(temporaryFolder(), "none")]);
  connection = await duckdb.connect();
});

afterAll(() => duckdb.close());

async function countRows(sql: string, count: { rows: number }): Promise<void> {
  for await (const batch of connection.batches(sql)) count.rows += batch.rowCount;
}

describe("a streamed result", () => {
  test("has all rows", async () => {
    const count = { rows: 0 };
    await countRows(`select range from range(${ROWS})`, count);
    expect(count.rows).toBe(ROWS);
  });

  test.each([
    [
      "a conversion",
      `case when range = ${ROWS - 10} then ('x' || range)::int end`,
      "Could not convert string 'x2999990'",
    ],
    ["an error of SQL", `case when range = ${ROWS - 10} then error('boom') end`, "boom"],
    ["an overflow", `(range + 9223372036851775900)::bigint + 100`, "Overflow"],
  ])("that fails behind its first rows by %s rejects with that error", async (_, expression, message) => {
    const count = { rows: 0 };
    await expect(countRows(`select ${expression} as x from range(${ROWS}); `, count)).rejects.toThrow(
      message,
    );
    expect(count.rows).toBeGreaterThan(0);
    expect(count.rows).toBeLessThan(ROWS);
    expect(await connection.rows("select 1 as one")).toEqual([{ one: 1 }]);
  });

  test("that is left early leaves its connection as it was", async () => {
    for await (const batch of connection.batches(`select range from range(${ROWS})`)) {
      expect(batch.rowCount).toBeGreaterThan(0);
      break;
    }
    const count = { rows: 0 };
    await countRows("select range from range(10)", count);
    expect(count.rows).toBe(10);
  });

  test("that is interrupted says so", async () => {
    let rows = 0;
    const read = async (): Promise<void> => {
      for await (const batch of connection.batches("select range from range(1000000000)")) {
        rows += batch.rowCount;
        connection.interrupt();
      }
    };
    await expect(read()).rejects.toMatchObject({ code: "interrupted" });
    expect(rows).toBeLessThan(ROWS);
    expect(await connection.rows("select 1 as one")).toEqual([{ one: 1 }]);
  });

  test("that cannot begin rejects, and leaves its connection as it was", async () => {
    await expect(countRows("select x", { rows: 0 })).rejects.toThrow('Referenced column "x" was not found');
    await expect(connection.rowStream("selct")).rejects.toThrow("syntax error");
    expect(await connection.rows("select 1 as one")).toEqual([{ one: 1 }]);
  });
});

describe("rows of a file that are wrong far behind its beginning", () => {
  test("make its reading reject, also with the large buffer", async () => {
    const path = join(temporaryFolder(), "wrong.csv");
    const lines = Array.from({ length: 1_000_000 }, (_, i) => (i === 999_000 ? "x" : String(i)));
    writeFileSync(path, `a\n${lines.join("\n")}\n`);
    const free = await openTestDuckdb();
    const reading = await free.connect();
    const read = async (): Promise<void> => {
      for await (const batch of reading.batches(
        `from read_csv('${path}', columns = {a: 'int'}, header = true)`,
      )) {
        expect(batch.rowCount).toBeGreaterThan(0);
      }
    };
    await expect(read()).rejects.toThrow(/Error when converting column "a"/);
    free.close();
  });
});
