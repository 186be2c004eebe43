import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { beforeAll, describe, expect } from "vitest";
import type { Connection } from "../../src/duckdb/duckdb.ts";
import type { SparkKeys } from "../../src/engine/spark/prepared.ts";
import type { Job } from "../../src/job/job.ts";
import { DEFAULT_POLICY } from "../../src/job/policy.ts";
import { linearRegression } from "../../src/trainer/linear-regression.ts";
import { plainSource } from "../plain-job.ts";
import { openTestDuckdb, writeSource } from "../source/write-source.ts";
import { inspectedHere, inspectedThere, jobOf, moduleJob, rowsHere, rowsThere } from "./inspected.ts";
import { test } from "./spark-test.ts";

let connection: Connection;

beforeAll(async () => {
  connection = await (await openTestDuckdb()).connect();
});

/** Inspects a job by both engines; what both must find alike. */
async function both(job: Job, server: string, columns: readonly string[] = []): Promise<SparkKeys> {
  const here = await inspectedHere(job, connection, columns);
  const there = await inspectedThere(job, { server, connection }, columns);
  if (here.kind !== "keys" || there.kind !== "keys") throw new Error("not by key");
  const { keys, rows, usableRows, rowCount, fileRows, job: settled } = here.inventory;
  const found = there.inventory;
  expect({ ...found.keys }).toEqual({ ...keys });
  expect(found.rows).toEqual(rows);
  expect(found.usableRows).toEqual(usableRows);
  expect({ rowCount: found.rowCount, fileRows: found.fileRows }).toEqual({ rowCount, fileRows });
  expect(found.job.keyFields).toEqual(settled.keyFields);
  expect(found.job.readColumns).toEqual(settled.readColumns);
  expect(there.dictionary.textBytes).toEqual(here.dictionary.textBytes);
  expect(
    found.job.files.map(({ path, bytes, modifiedAtMs }) => [path, bytes, Math.floor(modifiedAtMs)]),
  ).toEqual(
    settled.files.map(({ path, bytes, modifiedAtMs }) => [`file:${path}`, bytes, Math.floor(modifiedAtMs)]),
  );
  if (job.orderBy.length === 0)
    expect(await rowsThere(there, server)).toEqual(await rowsHere(here, connection));
  return there;
}

/** Columns of every type that Spark and DuckDB have in common, made of a column `h` of hashes. */
const TYPES: Readonly<Record<string, string>> = {
  tiny: "(h % 200)::smallint - 100",
  int: "[0, 1, -1, 2147483647, -2147483648][h % 5 + 1]::integer",
  big: "[0, 1, -1, 9223372036854775807, -9223372036854775808, 9007199254740993][h % 6 + 1]::bigint",
  real: "[1.5, 0.1, -0.0, 0.0, 'nan'::float, '-inf'::float][h % 6 + 1]::float",
  number:
    "[1.5, 0.1, -0.0, 0.0, 'nan'::double, 'inf'::double, '-inf'::double, 5e-324, 1.7976931348623157e308][h % 9 + 1]::double",
  money: "[0, 1.005, -1.005, 99999.999, -0.001][h % 5 + 1]::decimal(9,3)",
  wide: "['0', '1.0000000000000000001', '-12345678901234567.8901234567890123456', '0.1'][h % 4 + 1]::decimal(38,19)",
  text: "['', 'a', 'A', 'é', 'e\u0301', chr(65279) || 'x', '😀', 'a ', chr(0) || 'b', 'ｆ'][h % 10 + 1]",
  day: "[date '1970-01-01', date '1969-12-31', date '0001-01-01', date '9999-12-31', date '1582-10-10'][h % 5 + 1]",
  at: "[timestamp '1970-01-01', timestamp '1969-12-31 23:59:59.999999', timestamp '1500-02-28 00:00:00.000001', timestamp '9999-12-31 23:59:59.999999', timestamp '2024-03-31 02:30:00'][h % 5 + 1]",
  instant:
    "[timestamptz '1970-01-01 00:00:00Z', timestamptz '1969-12-31 23:59:59.999999Z', timestamptz '1800-01-01 00:00:00.000001Z', timestamptz '2024-10-27 01:30:00Z'][h % 4 + 1]",
  flag: "h % 2 = 0",
  bytes: "['\\x00'::blob, '\\xFF'::blob, ''::blob, '\\x00\\x01'::blob][h % 4 + 1]",
};

function rowsQuery(seed: number, rows: number): string {
  const columns = Object.entries(TYPES).map(
    ([name, sql], i) =>
      `(select case when h % 7 = 3 then null else ${sql} end from (select (hash(n + ${seed}, ${i}) >> 1)::bigint as h)) as ${name}`,
  );
  return `select n, ${columns.join(", ")}, sin(n) as x, case when n % 13 = 5 then null else cos(n) end as y from range(${rows}) t(n)`;
}

describe("keys of Parquet files on a cluster", () => {
  test("are those of a local run, of any type, and rows the same in the same places", async ({ server }) => {
    const columns = Object.keys(TYPES);
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          seed: fc.nat({ max: 1e6 }),
          rows: fc.integer({ min: 1, max: 400 }),
          files: fc.integer({ min: 1, max: 3 }),
          by: fc.subarray(columns, { minLength: 1, maxLength: 3 }),
        }),
        async ({ seed, rows, files, by }) => {
          const paths = await writeSource(connection, rowsQuery(seed, rows), { format: "parquet", files });
          await both(jobOf(paths, { partitioning: { kind: "by", columns: by } }), server);
        },
      ),
      { numRuns: 4 },
    );
    const paths = await writeSource(connection, rowsQuery(1, 300), { format: "parquet", files: 2 });
    for (const column of columns)
      await both(jobOf(paths, { partitioning: { kind: "by", columns: [column] } }), server);
  });

  test("and what a trainer of the user's reads are those of a local run", async ({ server }) => {
    const paths = await writeSource(connection, rowsQuery(3, 300), { format: "parquet", files: 2 });
    const columns = Object.keys(TYPES).filter((name) => name !== "big" && name !== "bytes");
    const partitioning = { kind: "by", columns: ["text"] } as const;
    for (const nulls of ["keep", "drop"] as const)
      await both(moduleJob(paths, { partitioning, policy: { ...DEFAULT_POLICY, nulls } }), server, columns);
  });

  test("of which only the first are wanted are the first", async ({ server }) => {
    const paths = await writeSource(connection, rowsQuery(2, 200), { format: "parquet", files: 2 });
    const partitioning = { kind: "by", columns: ["text"] } as const;
    const { dictionary, inventory } = await both(jobOf(paths, { partitioning, limit: 3 }), server);
    expect([dictionary.keys.numRows, inventory.partitionCount]).toEqual([3, 3]);
    await both(jobOf(paths, { partitioning, limit: 1000 }), server);
  });

  test("that are none are one partition", async ({ server }) => {
    const paths = await writeSource(connection, rowsQuery(2, 100), { format: "parquet", files: 3 });
    const { dictionary, inventory } = await both(jobOf(paths, { partitioning: { kind: "pooled" } }), server);
    expect(inventory.partitionCount).toBe(1);
    expect(dictionary.keys.numCols).toBe(0);
  });

  test("are found in a folder of whatever name, with files without rows, by path and by URI", async ({
    server,
  }) => {
    const query = "select n, n % 3 as k, sin(n) as x, cos(n) as y from range(50) t(n)";
    const [first, second] = await writeSource(connection, query, { format: "parquet", files: 2 });
    const empty = (
      await writeSource(connection, `${query} where n < 0`, { format: "parquet", files: 1 })
    )[0]!;
    const folder = join(dirname(first!), "a b%20[ü]{1}", "store=1");
    mkdirSync(folder, { recursive: true });
    renameSync(first!, join(folder, "x y.parquet"));
    renameSync(second!, join(folder, "ü+é%41.PARQUET"));
    renameSync(empty, join(folder, "between.parquet"));
    writeFileSync(join(folder, "notes.txt"), "no data");
    await both(jobOf([dirname(folder)]), server);
    await both(jobOf([join(folder, "x y.parquet"), folder]), server);
    const uri = await inspectedThere(jobOf([`file://${folder.replace(/[{}[\]]/g, "\\$&")}`]), {
      server,
      connection,
    });
    expect(uri.inventory.job.files).toHaveLength(3);
  });
});

describe("tables and queries", () => {
  test("have the keys and counts of the same rows in files", async ({ server }) => {
    const paths = await writeSource(connection, rowsQuery(5, 200), { format: "parquet", files: 2 });
    const folder = dirname(paths[0]!);
    const partitioning = { kind: "by", columns: ["day", "text"] } as const;
    const query = `sql: -- all of it\n select * from parquet.\`file:${folder}\``;
    const here = await inspectedHere(jobOf(paths, { partitioning }), connection);
    for (const path of [query, `table:parquet.\`file:${folder}\``]) {
      const { inventory } = await inspectedThere(jobOf([path], { partitioning, orderBy: ["n"] }), {
        server,
        connection,
      });
      expect({ ...inventory.keys }).toEqual({ ...here.inventory.keys });
      expect(inventory.rows).toEqual(here.inventory.rows);
      expect(inventory.usableRows).toEqual(here.inventory.usableRows);
      expect([inventory.job.files, inventory.fileRows]).toEqual([[], []]);
    }
  });

  test("have texts of any collation by their bytes", async ({ server }) => {
    const query =
      "sql:select * from values ('a' collate UTF8_LCASE, 1, 2), ('A' collate UTF8_LCASE, 3, 4) as t(k, x, y)";
    const { inventory } = await inspectedThere(jobOf([query]), { server, connection });
    expect([...inventory.rows]).toEqual([1, 1]);
  });
});

describe("what Spark cannot read is refused", () => {
  const refused: readonly [string, Job, Readonly<Record<string, unknown>>][] = [
    [
      "a path that is nowhere",
      jobOf(["/no/such/x.parquet"]),
      { code: "source_not_found", message: "/no/such/x.parquet: does not exist on the cluster" },
    ],
    [
      "a glob of nothing",
      jobOf(["/no/such/*.parquet"]),
      { code: "source_not_found", message: "/no/such/*.parquet: matches no file on the cluster" },
    ],
    [
      "a file system that is not there",
      jobOf(["s3a://bucket/x.parquet"]),
      { code: "source_not_found", message: expect.stringContaining("no file system of that kind") },
    ],
    [
      "a table that is not there",
      jobOf(["table:no.such"]),
      {
        code: "source_not_found",
        message: expect.stringContaining("table:no.such: [TABLE_OR_VIEW_NOT_FOUND]"),
      },
    ],
    [
      "a query that is none",
      jobOf(["sql:select (1"]),
      { code: "invalid_option", message: expect.stringContaining("[PARSE_SYNTAX_ERROR]") },
    ],
    ["a query that changes something", jobOf(["sql:drop table x"]), { code: "invalid_option" }],
    [
      "a filter of DuckDB's",
      jobOf(["/x"], { source: plainSource(["/x"], { where: "x > 1" }) }),
      { code: "invalid_option", message: expect.stringContaining("--where x > 1") },
    ],
    [
      "a key that is no column",
      jobOf(["sql:select 1 as kk, 2 as x, 3 as y"]),
      {
        code: "unknown_column",
        message: expect.stringContaining('--by column "k" is not a column of the source'),
      },
    ],
    [
      "a key that is a list",
      jobOf(["sql:select array(1) as k, 2 as x, 3 as y"]),
      { code: "unsupported_type", message: expect.stringContaining("ARRAY") },
    ],
    [
      "names that differ in case alone",
      jobOf(["sql:select 1 as k, 2 as x, 3 as X, 4 as y"]),
      { code: "source_unreadable" },
    ],
    [
      "a source without rows",
      jobOf(["sql:select 1 as k, 2 as x, 3 as y where false"]),
      { code: "source_empty" },
    ],
    [
      "a text that is not UTF-8",
      jobOf(["sql:select cast(x'ff' as string) as k, 2 as x, 3 as y"]),
      { code: "source_unreadable", message: expect.stringContaining("not UTF-8") },
    ],
  ];

  for (const [what, job, error] of refused) {
    test(what, async ({ server }) => {
      await expect(inspectedThere(job, { server, connection })).rejects.toMatchObject(error);
    });
  }

  test("an integer that a number does not hold, as a local run does", async ({ server }) => {
    const rows = "select n, 1 as k, 9007199254740993 + n as x, n as y from range(3) t(n)";
    const paths = await writeSource(connection, rows, { format: "parquet", files: 1 });
    const job = moduleJob(paths);
    const error = {
      code: "source_unreadable",
      message: expect.stringMatching(/column "x" has an integer .*9007199254740993/),
    };
    await expect(inspectedHere(job, connection, ["x"])).rejects.toMatchObject(error);
    await expect(inspectedThere(job, { server, connection }, ["x"])).rejects.toMatchObject(error);
  });

  test("text by key", async ({ server }) => {
    const paths = await writeSource(connection, "select n, 1 as k, n as x, n as y from range(3) t(n)", {
      format: "csv.gz",
      files: 1,
    });
    await expect(inspectedThere(jobOf(paths), { server, connection })).rejects.toMatchObject({
      code: "invalid_option",
      message: expect.stringMatching(/is csv, which Spark reads in another way.*--per-file/),
    });
  });

  test("files of which one lacks a column, or has it of another type", async ({ server }) => {
    const [first] = await writeSource(connection, "select n, 1 as k, n as x, n as y from range(3) t(n)", {
      format: "parquet",
      files: 1,
    });
    const [lacking] = await writeSource(connection, "select n, 1 as k, n as y from range(3) t(n)", {
      format: "parquet",
      files: 1,
    });
    const [other] = await writeSource(connection, "select n, 1 as k, 'a' as x, n as y from range(3) t(n)", {
      format: "parquet",
      files: 1,
    });
    const [nulls] = await writeSource(
      connection,
      "select n, 1 as k, null::bigint as x, n as y from range(3) t(n)",
      { format: "parquet", files: 1 },
    );
    const trainer = linearRegression({ target: "y", features: ["x"] });
    await expect(
      inspectedThere(jobOf([first!, lacking!], { trainer }), { server, connection }),
    ).rejects.toMatchObject({
      code: "source_unreadable",
      message: expect.stringContaining(`${lacking}: it lacks column "x"`),
    });
    await expect(
      inspectedThere(jobOf([first!, other!], { trainer }), { server, connection }),
    ).rejects.toMatchObject({
      code: "source_unreadable",
    });
    const { inventory } = await inspectedThere(jobOf([first!, nulls!], { trainer }), { server, connection });
    expect([...inventory.usableRows]).toEqual([3]);
  });
});
