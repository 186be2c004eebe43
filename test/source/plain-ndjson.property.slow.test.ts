import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Connection, Duckdb } from "../../src/duckdb/duckdb.ts";
import { quoteIdentifier } from "../../src/duckdb/quote.ts";
import { readNdjson } from "../../src/duckdb/read-files.ts";
import { type NdjsonColumn, parsePlainNdjson } from "../../src/source/text/plain-ndjson.ts";
import type { Rows } from "../../src/table/column.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { cellsOf, duckdbCells, withoutNull } from "./duckdb-rows.ts";
import { disturbedNdjson, type MadeNdjson, plainNdjson } from "./ndjson-arbitrary.ts";
import { openTestDuckdb } from "./write-source.ts";

let duckdb: Duckdb;
let connection: Connection;
let path: string;

beforeAll(async () => {
  duckdb = await openTestDuckdb();
  connection = await duckdb.connect();
  path = join(temporaryFolder(), "made.ndjson");
});

afterAll(() => {
  connection.close();
  duckdb.close();
});

const SQL_TYPES = { double: "DOUBLE", boolean: "BOOLEAN", text: "VARCHAR" } as const;

/** Reads the lines as the engine does: fields as text, which is then cast. */
async function oracle({ bytes, columns }: MadeNdjson): ReturnType<typeof duckdbCells> {
  writeFileSync(path, bytes);
  const reader = readNdjson(
    [path],
    columns.map((column) => column.name),
  );
  const casts = columns.map(({ name, type }: NdjsonColumn) => {
    const field = quoteIdentifier(name);
    return `${field}::${SQL_TYPES[type]}${type === "boolean" ? "::TINYINT" : ""} as ${field}`;
  });
  return duckdbCells(connection, `(select ${[...casts, "1 as one"].join(", ")} from ${reader})`, columns);
}

async function expectSameRows(rows: Rows, ndjson: MadeNdjson): Promise<void> {
  const expected = await oracle(ndjson);
  expect(rows.rowCount).toBe(expected.rowCount);
  for (const [i, { hasValidity, type }] of ndjson.columns.entries()) {
    const truth = expected.cells[i]!;
    expect(cellsOf(rows.columns[i]!)).toEqual(
      hasValidity ? truth : truth.map((cell) => withoutNull(cell, type)),
    );
  }
}

describe("the plain NDJSON reader", () => {
  test("reads every plain file, and reads in it what DuckDB reads, bit by bit", async () => {
    await fc.assert(
      fc.asyncProperty(plainNdjson, async (ndjson) => {
        const parsed = parsePlainNdjson(ndjson.bytes, ndjson.columns);
        expect(parsed).toHaveProperty("rowCount");
        await expectSameRows(parsed as Rows, ndjson);
      }),
      { numRuns: 500 },
    );
  });

  test("declines a disturbed file, or reads in it what DuckDB reads", async () => {
    let accepted = 0;
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(disturbedNdjson, async (ndjson) => {
        const parsed = parsePlainNdjson(ndjson.bytes, ndjson.columns);
        if (!("rowCount" in parsed)) {
          refused++;
          return;
        }
        accepted++;
        await expectSameRows(parsed, ndjson);
      }),
      { numRuns: 1000 },
    );
    expect(accepted).toBeGreaterThan(150);
    expect(refused).toBeGreaterThan(150);
  });
});
