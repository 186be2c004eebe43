import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Connection, Duckdb } from "../../src/duckdb/duckdb.ts";
import { quoteIdentifier } from "../../src/duckdb/quote.ts";
import { csvReader } from "../../src/source/csv-reader.ts";
import { firstRecord } from "../../src/source/text/csv-record.ts";
import { parsePlainCsv } from "../../src/source/text/plain-csv.ts";
import type { Rows } from "../../src/table/column.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { disturbedCsvs, type MadeCsv, plainCsvs } from "./csv-arbitrary.ts";
import { cellsOf, duckdbCells, withoutNull } from "./duckdb-rows.ts";
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

/** The header's names, as the engine has them. */
function headerOf({ bytes, dialect }: MadeCsv): string[] {
  const names = firstRecord(`${Buffer.from(bytes).toString("utf8")}\n`, dialect)!;
  return names.map((name, i) => name || `column${i}`);
}

/** Reads the CSV as the engine does, with names from its own header. */
async function oracle(csv: MadeCsv): ReturnType<typeof duckdbCells> {
  writeFileSync(path, csv.bytes);
  const names = headerOf(csv);
  const types = new Map(csv.columns.map(({ name, type }) => [name, type === "text" ? "VARCHAR" : "DOUBLE"]));
  // All columns are read: what is wrong in one that is not asked for must be seen, too.
  const every = names.map((name) => `${quoteIdentifier(name)} is null`).join(" or ");
  const group = { fileCount: 1, names, skip: 0, hasComments: true, newLine: null };
  const files = [{ path, bytes: csv.bytes.length, modifiedAtMs: 0 }];
  const reader = csvReader(
    { files, dialect: csv.dialect, groups: [group] },
    (name) => types.get(name) ?? "VARCHAR",
  );
  const relation = `(select * from (select *, (${every}) as seen from ${reader}) where seen or not seen)`;
  return duckdbCells(connection, relation, csv.columns);
}

async function expectSameRows(rows: Rows, csv: MadeCsv): Promise<void> {
  const expected = await oracle(csv);
  expect(rows.rowCount).toBe(expected.rowCount);
  for (const [i, { hasValidity, type }] of csv.columns.entries()) {
    const truth = expected.cells[i]!;
    expect(cellsOf(rows.columns[i]!)).toEqual(
      hasValidity ? truth : truth.map((cell) => withoutNull(cell, type)),
    );
  }
}

describe("the plain CSV parser", () => {
  test("reads every plain table, and reads in it what DuckDB reads, bit by bit", async () => {
    await fc.assert(
      fc.asyncProperty(plainCsvs, async (csv) => {
        const parsed = parsePlainCsv(csv.bytes, csv);
        expect(parsed).toHaveProperty("rowCount");
        await expectSameRows(parsed as Rows, csv);
      }),
      { numRuns: 500 },
    );
  });

  test("declines a disturbed table, or reads in it what DuckDB reads", async () => {
    let accepted = 0;
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(disturbedCsvs, async (csv) => {
        const parsed = parsePlainCsv(csv.bytes, csv);
        if (!("rowCount" in parsed)) {
          refused++;
          return;
        }
        accepted++;
        await expectSameRows(parsed, csv);
      }),
      { numRuns: 1000 },
    );
    expect(accepted).toBeGreaterThan(150);
    expect(refused).toBeGreaterThan(150);
  });
});
