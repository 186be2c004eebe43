import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Connection, Duckdb } from "../../src/duckdb/duckdb.ts";
import { quoteIdentifier } from "../../src/duckdb/quote.ts";
import { readCsv } from "../../src/duckdb/read-files.ts";
import { firstRecord } from "../../src/source/text/csv-record.ts";
import { parsePlainCsv } from "../../src/source/text/plain-csv.ts";
import type { NumberValues, Rows } from "../../src/table/column.ts";
import { PLAIN_DIALECT } from "../plain-job.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { disturbedCsvs, type MadeCsv, plainCsvs } from "./csv-arbitrary.ts";
import { bitsOf, duckdbRows } from "./duckdb-rows.ts";
import { openTestDuckdb } from "./write-source.ts";

let duckdb: Duckdb;
let connection: Connection;
let path: string;

beforeAll(async () => {
  duckdb = await openTestDuckdb();
  connection = await duckdb.connect();
  path = join(temporaryFolder(), "made.csv");
});

afterAll(() => {
  connection.close();
  duckdb.close();
});

function dialectOf(csv: MadeCsv) {
  return { ...PLAIN_DIALECT, delimiter: csv.delimiter };
}

/** Reads the CSV as the engine does, with names from its own header. */
async function oracle(csv: MadeCsv): Promise<Rows> {
  writeFileSync(path, csv.bytes);
  const dialect = dialectOf(csv);
  const names = firstRecord(`${Buffer.from(csv.bytes).toString("utf8")}\n`, dialect)!;
  const wanted = csv.columns.map((column) => column.name);
  const columns = names.map((name): [string, string] => [name, wanted.includes(name) ? "DOUBLE" : "VARCHAR"]);
  const list = wanted.length === 0 ? "0::double" : wanted.map(quoteIdentifier).join(", ");
  // All columns are read: what is wrong in one that is not asked for must be seen, too.
  const every = names.map((name) => `${quoteIdentifier(name)} is null`).join(" or ");
  const sql = `select ${list}, (${every})::double as seen from ${readCsv([path], { ...dialect, columns })}`;
  return duckdbRows(connection, sql, wanted.length);
}

async function expectSameRows(rows: Rows, csv: MadeCsv): Promise<void> {
  const expected = await oracle(csv);
  expect(rows.rowCount).toBe(expected.rowCount);
  for (const [i, { hasValidity }] of csv.columns.entries()) {
    const [found, truth] = [rows.columns[i] as NumberValues, expected.columns[i] as NumberValues];
    expect(bitsOf(found.values)).toEqual(bitsOf(truth.values));
    expect(found.isValid).toEqual(hasValidity ? truth.isValid : null);
  }
}

describe("the plain CSV parser", () => {
  test("reads every plain table, and reads in it what DuckDB reads, bit by bit", async () => {
    await fc.assert(
      fc.asyncProperty(plainCsvs, async (csv) => {
        const parsed = parsePlainCsv(csv.bytes, { dialect: dialectOf(csv), columns: csv.columns });
        expect(parsed).toHaveProperty("rowCount");
        await expectSameRows(parsed as Rows, csv);
      }),
      { numRuns: 300 },
    );
  });

  test("declines a disturbed table, or reads in it what DuckDB reads", async () => {
    let accepted = 0;
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(disturbedCsvs, async (csv) => {
        const parsed = parsePlainCsv(csv.bytes, { dialect: dialectOf(csv), columns: csv.columns });
        if (!("rowCount" in parsed)) {
          refused++;
          return;
        }
        accepted++;
        await expectSameRows(parsed, csv);
      }),
      { numRuns: 700 },
    );
    expect(accepted).toBeGreaterThan(100);
    expect(refused).toBeGreaterThan(100);
  });
});
