import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { Connection } from "../../src/duckdb/duckdb.ts";
import type { SourceSpec } from "../../src/job/job.ts";
import { plainSource } from "../plain-job.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { type Asked, readSource, refusalOf } from "./read-source.ts";
import { openTestDuckdb } from "./write-source.ts";

let connection: Connection;
let folder: string;

beforeAll(async () => {
  connection = await (await openTestDuckdb()).connect();
  folder = temporaryFolder();
});

function csv(name: string, lines: readonly string[]): SourceSpec {
  const path = join(folder, name);
  writeFileSync(path, `${lines.join("\n")}\n`);
  return plainSource([path]);
}

async function parquet(name: string, query: string): Promise<SourceSpec> {
  const path = join(folder, name);
  await connection.run(`copy (${query}) to '${path}'`);
  return plainSource([path]);
}

/** The numbers `x` of the rows in their order, both ways of reading the same. */
async function order(source: SourceSpec, orderBy: readonly string[], asked: Asked = {}): Promise<unknown[]> {
  const { rows, scattered } = await readSource(connection, source, { orderBy, ...asked });
  expect(scattered).toEqual(rows);
  return rows.map((row) => row[1]);
}

describe("rows that are ordered by columns", () => {
  test("of numbers come with NULL first and NaN last, the rest by value", async () => {
    const source = csv("numbers.csv", [
      "key,t,x,y",
      "a,10,1,1",
      "a,9,2,1",
      "a,nan,3,1",
      "a,,4,1",
      "a,-inf,5,1",
      "a,1e1,6,1",
    ]);
    expect(await order(source, ["t"])).toEqual([4, 5, 2, 1, 6, 3]);
    const query =
      "select 'a' as key, unnest([10, 9, 'nan'::double, null, '-inf'::double, 10]) as t, unnest(range(1, 7)) as x, 1 as y";
    expect(await order(await parquet("numbers.parquet", query), ["t"])).toEqual([4, 5, 2, 1, 6, 3]);
  });

  test("of texts come by their bytes", async () => {
    const source = csv("texts.csv", [
      "key,t,x,y",
      "a,ä,1,1",
      "a,b,2,1",
      "a,B,3,1",
      "a,,4,1",
      "a,😀,5,1",
      "a,｡,6,1",
      "a,bb,7,1",
    ]);
    expect(await order(source, ["t"])).toEqual([4, 3, 2, 7, 1, 6, 5]);
  });

  test("of dates and times come by time", async () => {
    const dates = csv("dates.csv", ["key,t,x,y", "a,2024-02-13,1,1", "a,2023-12-31,2,1", "a,,3,1"]);
    expect(await order(dates, ["t"])).toEqual([3, 2, 1]);
    const times = csv("times.csv", [
      "key,t,x,y",
      "a,2024-02-13T10:00:00+02:00,1,1",
      "a,2024-02-13T09:00:00Z,2,1",
    ]);
    expect(await order(times, ["t"])).toEqual([1, 2]);
  });

  test("keep the order of files and lines where they are equal, and go by several columns", async () => {
    const lines = Array.from({ length: 5000 }, (_, i) => `a,${(i * 7) % 5},${(i * 3) % 4},${i},1`);
    const source = csv("ties.csv", ["key,t,u,x,y", ...lines]);
    const expected = Array.from({ length: 5000 }, (_, i) => i).sort(
      (a, b) => ((a * 7) % 5) - ((b * 7) % 5) || ((a * 3) % 4) - ((b * 3) % 4) || a - b,
    );
    expect(await order(source, ["t", "u"])).toEqual(expected);
  });

  test("may be ordered by what the trainer reads, and by a key", async () => {
    const source = csv("used.csv", ["key,x,y", "b,3,1", "a,2,1", "b,1,1", "a,4,1"]);
    expect(await order(source, ["x"])).toEqual([2, 4, 1, 3]);
    expect(await order(source, ["key", "x"])).toEqual([2, 4, 1, 3]);
  });

  test("by integers that a double cannot tell apart come right, or are refused", async () => {
    const ids = ["9007199254740993", "9007199254740992", "9007199254740994"];
    const lines = ids.map((id, i) => `a,${id},${i},1`);
    const source = csv("ids.csv", ["key,id,x,y", ...lines]);
    expect(await order(source, ["id"])).toEqual([1, 0, 2]);
    const refusal = await refusalOf(order(source, ["id"], { target: "id" }), folder);
    expect(refusal).toMatch(/column "id" has an integer that a number cannot hold exactly/);
    const later = csv("later.csv", ["key,id,x,y", ...Array<string>(30_000).fill("a,1,1,1"), "a,1.5,1,1"]);
    expect(await refusalOf(order(later, ["id"]), folder)).toBe(
      'source_unreadable: later.csv: column "id" has 1.5, which is not of type integer; mend the row, or tell the type with --type',
    );
    expect(await order({ ...later, types: { id: "double" } }, ["id"])).toHaveLength(30_001);
  });

  test("by values of an enum come as texts", async () => {
    const query =
      "select 'a' as key, unnest(['b', 'a', 'c'])::enum('c', 'b', 'a') as t, unnest([1, 2, 3]) as x, 1 as y";
    expect(await order(await parquet("enum.parquet", query), ["t"])).toEqual([2, 1, 3]);
  });

  test("by a column that is not there are refused, as are those by lists", async () => {
    const source = csv("names.csv", ["key,time,x,y", "a,1,1,1"]);
    expect(await refusalOf(order(source, ["tme"]), folder)).toBe(
      'unknown_column: --order-by column "tme" is not a column of the source; did you mean time? (there are: key, time, x, y)',
    );
    const lists = await parquet("lists.parquet", "select 'a' as key, [1] as t, 1 as x, 2 as y");
    expect(await refusalOf(order(lists, ["t"]), folder)).toMatch(
      /^unsupported_type: --order-by column "t" is INTEGER\[\], by which rows cannot be ordered; /,
    );
  });
});

describe("a limit", () => {
  const lines = ["key,x,y", "c,1,1", "a,2,1", ",3,1", "b,4,1", "a,5,1", ",6,1", "c,7,1"];

  test.each<[number, unknown[], number]>([
    [
      1,
      [
        [null, 3, 1],
        [null, 6, 1],
      ],
      2,
    ],
    [
      2,
      [
        [null, 3, 1],
        [null, 6, 1],
        ["a", 2, 1],
        ["a", 5, 1],
      ],
      4,
    ],
  ])("of %i leaves the first partitions in key order", async (limit, expected, rowCount) => {
    const { rows, scattered, relation } = await readSource(connection, csv("limit.csv", lines), { limit });
    expect(rows).toEqual(expected);
    expect(scattered).toEqual(expected);
    expect(relation).toMatchObject({ rowCount, fileRows: null, partitionLimit: limit });
  });

  test("above the number of partitions changes nothing", async () => {
    const { rows, relation } = await readSource(connection, csv("limit.csv", lines), { limit: 4 });
    expect(rows).toHaveLength(7);
    expect(relation).toMatchObject({ rowCount: 7, fileRows: [7], partitionLimit: null });
  });

  test("goes together with an order", async () => {
    const { rows } = await readSource(connection, csv("limit.csv", lines), { limit: 2, orderBy: ["x"] });
    expect(rows.map((row) => row[1])).toEqual([3, 6, 2, 5]);
  });
});
