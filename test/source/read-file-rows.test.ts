import { createHash } from "node:crypto";
import { readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Connection, Duckdb } from "../../src/duckdb/duckdb.ts";
import { readCsv } from "../../src/duckdb/read-files.ts";
import type { FilePlan } from "../../src/protocol/file-plan.ts";
import type { FileFailed } from "../../src/source/file/file-reading.ts";
import { readFileRows } from "../../src/source/file/read-file-rows.ts";
import { hashSourceFile } from "../../src/source/hash-source-file.ts";
import { readHeader } from "../../src/source/read-header.ts";
import type { NumberValues, Rows } from "../../src/table/column.ts";
import type { ReadColumn } from "../../src/table/read-column.ts";
import { ANY_SIZE, PLAIN_DIALECT } from "../plain-job.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { bitsOf, duckdbRows } from "./duckdb-rows.ts";
import { openTestDuckdb, writeSource } from "./write-source.ts";

const DIALECT = PLAIN_DIALECT;
const TEXT = "a,b\n1,x\n2.5,y\n,z\n";

let folder: string;
let duckdb: Duckdb;
let connection: Connection;

beforeAll(async () => {
  folder = temporaryFolder();
  duckdb = await openTestDuckdb();
  connection = await duckdb.connect();
});

afterAll(() => {
  connection.close();
  duckdb.close();
});

function doubles(...names: readonly string[]): ReadColumn[] {
  return names.map((name) => ({ name, type: "double", hasValidity: true, isInteger: false }));
}

function csvPlan(...columns: readonly ReadColumn[]): FilePlan {
  return { format: "csv", dialect: DIALECT, columns, mustDecline: null, limits: ANY_SIZE };
}

function ndjsonPlan(...columns: readonly ReadColumn[]): FilePlan {
  return { format: "ndjson", dialect: null, columns, mustDecline: null, limits: ANY_SIZE };
}

function written(name: string, bytes: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

function factsOf(path: string) {
  const bytes = readFileSync(path);
  return { sha256: createHash("sha256").update(bytes).digest("hex"), bytes: bytes.length };
}

describe("a file of a source", () => {
  test.each(["csv", "csv.gz", "ndjson", "parquet"] as const)(
    "of format %s whose bytes are there already gives the same rows, and is not opened",
    async (format) => {
      const query = "select i as n, i as a, if(i % 3 = 0, null, sin(i)) as b from range(100) r(i)";
      const [path] = await writeSource(connection, query, { format, files: 1 });
      const base = format.startsWith("csv") ? csvPlan() : ndjsonPlan();
      const plan = {
        ...base,
        ...(format === "parquet" ? { format } : {}),
        columns: doubles("a", "b"),
      };
      const read = await readFileRows(path!, plan);
      expect(read.kind).toBe("rows");
      const bytes = readFileSync(path!);
      // Within a larger memory, as it arrives in frames.
      const within = Buffer.concat([Buffer.from("12345678"), bytes, Buffer.from("9")]).subarray(8, -1);
      rmSync(path!);
      expect(await readFileRows(path!, plan, within)).toEqual(read);
    },
  );

  test.each(["csv", "csv.gz"] as const)(
    "of format %s is read as DuckDB reads it, bit by bit",
    async (format) => {
      const numbers = "(random() - 0.5) * pow(10, random() * 40 - 20)";
      const query = `select i as n, ${numbers} as x, if(i % 7 = 0, null, i) as y, 'text ' || i as t,
      round(${numbers}, 4) as z from range(1000) r(i)`;
      const [path] = await writeSource(connection, query, { format, files: 1 });
      const reading = await readFileRows(path!, csvPlan(...doubles("z", "x", "y")));
      expect(reading).toMatchObject({ kind: "rows", file: factsOf(path!) });
      const columns = ["n", "x", "y", "t", "z"].map(
        (name) => [name, name === "t" ? "VARCHAR" : "DOUBLE"] as const,
      );
      const reader = readCsv([path!], { ...DIALECT, columns });
      const expected = await duckdbRows(connection, `select z, x, y from ${reader}`, 3);
      const { rows } = reading as { rows: Rows };
      expect(rows.rowCount).toBe(1000);
      for (const [i, column] of rows.columns.entries()) {
        const [found, truth] = [column as NumberValues, expected.columns[i] as NumberValues];
        expect(bitsOf(found.values)).toEqual(bitsOf(truth.values));
        expect(found.isValid).toEqual(truth.isValid);
      }
    },
  );

  test("may be packed in several members, as bgzip does", async () => {
    const members = [TEXT.slice(0, 6), TEXT.slice(6), ""].map((part) => gzipSync(part));
    const path = written("members.csv.gz", Buffer.concat(members));
    expect(await readFileRows(path, csvPlan(...doubles("a")))).toMatchObject({
      kind: "rows",
      rows: { rowCount: 3, columns: [{ values: Float64Array.of(1, 2.5, Number.NaN) }] },
    });
  });

  test("of lines of JSON is read, packed or not", async () => {
    const text = '{"a":1,"b":"x"}\n{"a":2.5}\n';
    const name: ReadColumn = { name: "b", type: "text", hasValidity: true, isInteger: false };
    for (const path of [written("lines.ndjson", text), written("lines.jsonl.gz", gzipSync(text))]) {
      expect(await readFileRows(path, ndjsonPlan(...doubles("a"), name))).toEqual({
        kind: "rows",
        rows: {
          rowCount: 2,
          columns: [
            { kind: "numbers", values: Float64Array.of(1, 2.5), isValid: null },
            expect.objectContaining({ kind: "texts", isValid: Uint8Array.of(1, 0) }),
          ],
        },
        file: factsOf(path),
      });
    }
  });

  test("that has a header and no rows has no rows", async () => {
    const reading = await readFileRows(written("header.csv", "a,b\n"), csvPlan(...doubles("b")));
    expect(reading).toMatchObject({ kind: "rows", rows: { rowCount: 0 }, file: { bytes: 4 } });
  });

  test("that lacks a column fails, and the message names what it has", async () => {
    const path = written("lacking.csv", TEXT);
    expect(await readFileRows(path, csvPlan(...doubles("b2", "a")))).toEqual({
      kind: "failed",
      code: "unknown_column",
      message: 'it lacks column "b2"; its columns are "a", "b"',
      file: factsOf(path),
    });
    const wide = written("wide.csv", `${Array.from({ length: 20 }, (_, i) => `c${i}`).join(",")}\n`);
    expect(await readFileRows(wide, csvPlan(...doubles("x", "y")))).toMatchObject({
      message: expect.stringMatching(
        /^it lacks column "x"; its columns are "c0", .*, "c11", … \(20 in all\)$/,
      ),
    });
  });

  test("that is empty fails as the engine says it", async () => {
    for (const path of [written("empty.csv", ""), written("nil.csv.gz", gzipSync(""))]) {
      const message = "is empty; a CSV needs a line of column names";
      const failed = { kind: "failed", code: "source_empty", message, file: factsOf(path) };
      expect(await readFileRows(path, csvPlan(...doubles("a")))).toEqual(failed);
      const { code } = failed;
      await expect(readHeader(path, DIALECT)).rejects.toMatchObject({ code, message: `${path}: ${message}` });
    }
  });

  test("that is damaged, or cut short even in its last byte, fails as the engine says it", async () => {
    const packed = gzipSync(TEXT.repeat(50));
    const damaged = Buffer.from(packed);
    damaged[damaged.length - 6]! ^= 1;
    const cut = [packed.subarray(0, 20), packed.subarray(0, -1), Buffer.from("")];
    for (const [i, bytes] of [damaged, ...cut].entries()) {
      const path = written(`damaged-${i}.csv.gz`, bytes);
      const reading = await readFileRows(path, csvPlan(...doubles("a")));
      expect(reading).toEqual({
        kind: "failed",
        code: "source_unreadable",
        message: expect.stringMatching(
          /^(unexpected end of file|incorrect (data|header) check); the file is damaged or was cut short$/,
        ),
        file: null,
      });
      const { code, message } = reading as FileFailed;
      await expect(hashSourceFile(path)).rejects.toMatchObject({ code, message: `${path}: ${message}` });
    }
  });

  test("that is gone, or a folder, fails without facts", async () => {
    const path = written("gone.csv", TEXT);
    rmSync(path);
    expect(await readFileRows(path, csvPlan(...doubles("a")))).toEqual({
      kind: "failed",
      code: "source_unreadable",
      message: `ENOENT: no such file or directory, open '${path}'`,
      file: null,
    });
    await expect(hashSourceFile(path)).rejects.toThrow("ENOENT: no such file or directory, open");
    expect(await readFileRows(folder, csvPlan(...doubles("a")))).toMatchObject({
      message: "EISDIR: illegal operation on a directory, read",
    });
  });
});

describe("the engine is asked to read a file", () => {
  test("when the plan says so, and then it is not opened", async () => {
    const plan = { ...csvPlan(...doubles("a")), mustDecline: "rows are filtered" };
    expect(await readFileRows(join(folder, "none.csv"), plan)).toEqual({
      kind: "declined",
      reason: "rows are filtered",
    });
  });

  test("when a column is neither of numbers nor of texts, or no dialect is told", async () => {
    const path = written("text.csv", TEXT);
    for (const type of ["boolean", "date", "timestamp"] as const) {
      const column: ReadColumn = { name: "b", type, hasValidity: true, isInteger: false };
      const reason = `column "b" is read as ${type}`;
      const declined = { kind: "declined", reason };
      expect(await readFileRows(path, csvPlan(...doubles("a"), column))).toEqual(declined);
      if (type === "boolean") continue;
      expect(await readFileRows(path, ndjsonPlan(column))).toEqual(declined);
    }
    expect(await readFileRows(path, { ...csvPlan(), dialect: null })).toHaveProperty("kind", "declined");
  });

  test("when the parser declines", async () => {
    const path = written("quoted.csv", 'a,b\n1,x"y\n');
    expect(await readFileRows(path, csvPlan(...doubles("a")))).toEqual({
      kind: "declined",
      reason: "line 2 has a quote or a comment that is not plain",
    });
    const lines = written("odd.ndjson", '{"a":"5"}\n');
    expect(await readFileRows(lines, ndjsonPlan(...doubles("a")))).toEqual({
      kind: "declined",
      reason: 'line 1 has a value in "a" that is not plain',
    });
  });

  test("when zeros follow the packed text, or the ending is not the one that DuckDB knows", async () => {
    const padded = written("padded.csv.gz", Buffer.concat([gzipSync(TEXT), Buffer.alloc(3)]));
    expect(await readFileRows(padded, csvPlan(...doubles("a")))).toEqual({
      kind: "declined",
      reason: "something follows the packed text",
    });
    const capital = written("capital.csv.GZ", gzipSync(TEXT));
    expect(await readFileRows(capital, csvPlan(...doubles("a")))).toHaveProperty("kind", "declined");
  });

  test("when a file is not packed, whatever its ending says", async () => {
    const path = written("text.csv.gz", TEXT);
    expect(await readFileRows(path, csvPlan(...doubles("a")))).toEqual({
      kind: "declined",
      reason: "it is not packed",
    });
  });

  test("when its rows, as the engine reckons them, are more than a worker may hold", async () => {
    const path = written("rows.csv", "a,t\n1,abc\n2,de\n3,\n");
    const text: ReadColumn = { name: "t", type: "text", hasValidity: true, isInteger: false };
    const plan = (rowsBytes: number): FilePlan => ({
      ...csvPlan(...doubles("a"), text),
      limits: { contentBytes: 1000, rowsBytes, rowBytes: 20 },
    });
    // Three rows of 20 bytes, and five bytes of texts twice.
    expect(await readFileRows(path, plan(70))).toHaveProperty("kind", "rows");
    expect(await readFileRows(path, plan(69))).toEqual({
      kind: "declined",
      reason: "its rows are more than a worker may hold",
    });
  });

  test("when what was read of it before is large", async () => {
    const plan = { ...csvPlan(...doubles("a")), limits: { ...ANY_SIZE, contentBytes: TEXT.length - 1 } };
    expect(await readFileRows("gone.csv", plan, Buffer.from(TEXT))).toEqual({
      kind: "declined",
      reason: `it is larger than ${TEXT.length - 1} bytes`,
    });
  });

  test("when the file is large, and then it is not read", async () => {
    const path = written("large.csv", TEXT);
    truncateSync(path, 256 * 2 ** 20 + 1);
    expect(await readFileRows(path, csvPlan(...doubles("a")))).toEqual({
      kind: "declined",
      reason: "it is larger than 268435456 bytes",
    });
  });

  test("when it unpacks to more than a worker holds", async () => {
    const member = gzipSync(Buffer.alloc(2 ** 26, "1\n"));
    const path = written("bomb.csv.gz", Buffer.concat(Array.from({ length: 9 }, () => member)));
    expect(await readFileRows(path, csvPlan(...doubles("1")))).toEqual({
      kind: "declined",
      reason: "it holds more text than a worker reads",
    });
  });
});
