import { beforeAll, describe, expect, test } from "vitest";
import type { Connection } from "../../src/duckdb/duckdb.ts";
import type { BucketLimits } from "../../src/engine/local/bucket-plan.ts";
import { openEngine } from "../../src/open-engine.ts";
import { trainWith } from "../../src/train.ts";
import { requestFrom, type TrainOptions } from "../../src/train-options.ts";
import { linearRegression } from "../../src/trainer/linear-regression.ts";
import { openTestDuckdb, writeSource } from "../source/write-source.ts";
import { temporaryFolder } from "../temporary-folder.ts";

/** 200,000 rows: keys of two columns, one of them NULL at times; one partition of 40,000 rows, many of three. */
const ROWS = `
  select i as n,
    case when h % 5 = 0 then 0 else (h % 20000)::integer end as store,
    case when h % 1000 = 1 then null else 'item ' || (h % 3) end as item,
    sin(i) * 100 as x, case when i % 31 = 0 then null else cos(i * 7) + i % 13 end as z,
    3 * sin(i) + (i % 29) / 7.0 + 1e6 as y
  from (select i, hash(i) as h from range(200000) t(i)) order by i`;

let connection: Connection;
let parquet: string[];
let csv: string[];

beforeAll(async () => {
  connection = await (await openTestDuckdb()).connect();
  parquet = await writeSource(connection, ROWS, { format: "parquet", files: 1 });
  csv = await writeSource(connection, ROWS, { format: "csv", files: 20 });
});

async function digestOf(
  source: readonly string[],
  options: Partial<Pick<TrainOptions, "workers" | "types" | "where">> = {},
  bucketLimits?: BucketLimits,
): Promise<string> {
  const request = requestFrom({
    source,
    by: ["store", "item"],
    trainer: linearRegression({ target: "y", features: ["x", "z"] }),
    runs: temporaryFolder(),
    ...options,
  });
  const opened = await openEngine(request.workers, bucketLimits === undefined ? {} : { bucketLimits });
  try {
    const run = await trainWith(opened, request, {});
    await run.close();
    return run.manifest!.digest;
  } finally {
    await opened.close();
  }
}

describe("the digest of a job's models", () => {
  let expected: string;

  beforeAll(async () => {
    expected = await digestOf(parquet, { workers: 0 });
  });

  test.each([1, 2, 8])("is the same with %i workers as in the caller's thread", async (workers) => {
    expect(await digestOf(parquet, { workers })).toBe(expected);
  });

  test.each([
    { rows: 1, partitions: 1 },
    { rows: 777, partitions: 13 },
    { rows: 1e9, partitions: 1e9 },
  ])("is the same with buckets of $rows rows", async (limits) => {
    expect(await digestOf(parquet, { workers: 2 }, limits)).toBe(expected);
  });

  test("is the same from twenty CSV files with the same rows in the same order, types told", async () => {
    expect(await digestOf(csv, { workers: 2, types: { store: "integer" } })).toBe(expected);
    expect(await digestOf(csv, { workers: 0, types: { store: "integer" } })).toBe(expected);
  });

  test("is another one when keys are text and not integers", async () => {
    expect(await digestOf(csv, { workers: 2 })).not.toBe(expected);
  });

  test("is another one when one row is left out", async () => {
    expect(await digestOf(parquet, { workers: 2, where: "n <> 1000" })).not.toBe(expected);
  });

  test("is another one when two rows of a partition change places", async () => {
    const swapped = ROWS.replace(
      "select i as n",
      "select case i when 0 then 199999 when 199999 then 0 else i end as n",
    );
    const source = await writeSource(connection, swapped, { format: "parquet", files: 1 });
    expect(await digestOf(source, { workers: 2 })).not.toBe(expected);
  });
});
