import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Connection } from "../../src/duckdb/duckdb.ts";
import { plainSource } from "../plain-job.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { type Asked, type ReadRow, readSource, refusalOf } from "./read-source.ts";
import { openTestDuckdb } from "./write-source.ts";

let connection: Connection;
let folder: string;

beforeAll(async () => {
  connection = await (await openTestDuckdb()).connect();
});

beforeEach(() => {
  folder = temporaryFolder();
});

function text(name: string, content: string): void {
  writeFileSync(join(folder, name), content);
}

async function parquet(name: string, query: string): Promise<void> {
  await connection.run(`copy (${query}) to '${join(folder, name)}'`);
}

async function rowsOf(asked?: Asked, where: string | null = null): Promise<readonly ReadRow[]> {
  const { rows, scattered } = await readSource(connection, plainSource([folder], { where }), asked);
  expect(scattered).toEqual(rows);
  return rows;
}

const refusal = (asked?: Asked, where: string | null = null): Promise<string> =>
  refusalOf(readSource(connection, plainSource([folder], { where }), asked), folder);

const EXPECTED = [
  ["a", 1, 2],
  ["a", 3, 4],
  ["a", 5, 6],
  ["a", 7, 8],
];

describe("files whose columns stand in another order", () => {
  test("are read by name, in canonical order", async () => {
    text("1.csv", "key,x,y\na,1,2\n");
    text("2.csv", "y,key,x\n4,a,3\n");
    text("3.csv", "y,key,x\n6,a,5\n");
    text("4.csv", "key,x,y\na,7,8\n");
    expect(await rowsOf()).toEqual(EXPECTED);
    expect(await rowsOf({ features: null })).toEqual(EXPECTED);
    expect(await rowsOf({}, "x > 2 and y < 7")).toEqual(EXPECTED.slice(1, 3));
    const { relation } = await readSource(connection, plainSource([folder], { where: "x > 2" }));
    expect(relation.fileRows).toEqual([0, 1, 1, 1]);
  });

  test("are read by name from Parquet, and NDJSON has no order", async () => {
    await parquet("1.parquet", "select 'a' as key, 1 as x, 2 as y union all select 'a', 3, 4");
    await parquet("2.parquet", "select 6 as y, 5 as x, 'a' as key union all select 8, 7, 'a'");
    expect(await rowsOf({ features: null })).toEqual(EXPECTED);
  });
});

describe("a column that nobody uses", () => {
  test("may be missing in some CSV files, wherever it stands", async () => {
    text("1.csv", "key,x,y\na,1,2\n");
    text("2.csv", "note,y,more,key,x\nno number,4,1,a,3\n");
    text("3.csv", "key,more,y,x\na,1,6,5\n");
    text("4.csv", "x,y,key\n7,8,a\n");
    expect(await rowsOf()).toEqual(EXPECTED);
    expect(await rowsOf({}, "x < 100")).toEqual(EXPECTED);
  });

  test("may be missing in some Parquet files, or of another type", async () => {
    await parquet("1.parquet", "select 'a' as key, 1 as x, 2 as y, 3 as z, 'note' as n");
    await parquet("2.parquet", "select 'a' as key, 3 as x, 4 as y, 'text' as z");
    await parquet("3.parquet", "select 'a' as key, 5 as x, 6 as y, 1 as extra, [1] as z");
    await parquet("4.parquet", "select 'a' as key, 7 as x, 8 as y");
    expect(await rowsOf()).toEqual(EXPECTED);
  });

  test("has to be the same in all files where features are not named", async () => {
    text("1.csv", "key,x,y\na,1,2\n");
    text("2.csv", "key,x,y,z\na,1,2,3\n");
    expect(await refusal({ features: null })).toBe(
      'source_unreadable: 1.csv: it lacks column "z"; its columns are "key", "x", "y"; where no --features are named all columns have to be the same in all files: name them',
    );
  });
});

describe("a column that is used", () => {
  test.each<[string, Asked, string | null]>([
    ["as a feature", { features: ["x", "z"] }, null],
    ["as the target", { target: "z" }, null],
    ["as a key", { by: ["key", "z"] }, null],
    ["by the order", { orderBy: ["z"] }, null],
    ["by the filter", {}, "Z is null or z > 1"],
  ])("%s is missing in a file", async (_, asked, where) => {
    text("1.csv", "key,x,y\na,1,2\n");
    text("2.csv", `key,x,y,z\n${"a,1,2,3\n".repeat(9)}`);
    expect(await refusal(asked, where)).toBe(
      'source_unreadable: 1.csv: it lacks column "z"; its columns are "key", "x", "y"; what keys, trainer, filter and order use has to be the same in all files',
    );
  });

  test("has another type in a Parquet file", async () => {
    await parquet("1.parquet", "select 'a' as key, 1 as x, 2 as y");
    await parquet("2.parquet", "select 'a' as key, 'text' as x, 2 as y");
    expect(await refusal()).toBe(
      'source_unreadable: 2.parquet: column "x" is BYTE_ARRAY UTF8, in the first file it is INT32 INT_32; what keys, trainer, filter and order use has to be the same in all files',
    );
  });

  test("differs in case only between files", async () => {
    text("1.csv", "key,x,y\na,1,2\n");
    text("2.csv", "key,X,y\na,1,2\n");
    expect(await refusal()).toMatch(
      /^source_unreadable: 2\.csv: it lacks column "x"; its columns are "key", "X", "y"; /,
    );
  });

  test("is text in a file where the largest has numbers: the line is named", async () => {
    text("1.csv", "key,x,y\na,none such,2\n");
    text("2.csv", `key,x,y\n${"a,1,2\n".repeat(9)}`);
    expect(await refusal()).toBe(
      'source_unreadable: 1.csv, line 2: column "x" has "none such", which is not a number; mend the row, or leave the column out',
    );
  });
});
