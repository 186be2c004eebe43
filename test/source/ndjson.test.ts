import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import type { Connection } from "../../src/duckdb/duckdb.ts";
import type { SourceSpec } from "../../src/job/job.ts";
import { plainSource } from "../plain-job.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { type Asked, type ReadRow, readSource, refusalOf } from "./read-source.ts";
import { openTestDuckdb } from "./write-source.ts";

let connection: Connection;
let folder: string;

beforeAll(async () => {
  connection = await (await openTestDuckdb()).connect();
  folder = temporaryFolder();
});

function ndjson(lines: readonly string[], told: Partial<SourceSpec> = {}, name = "a.ndjson"): SourceSpec {
  const path = join(folder, name);
  const text = `${lines.join("\n")}\n`;
  writeFileSync(path, name.endsWith(".gz") ? gzipSync(text) : text);
  return plainSource([path], told);
}

async function rowsOf(source: SourceSpec, asked?: Asked): Promise<readonly ReadRow[]> {
  const { rows, scattered } = await readSource(connection, source, asked);
  expect(scattered).toEqual(rows);
  return rows;
}

const refusal = (source: SourceSpec, asked?: Asked): Promise<string> =>
  refusalOf(readSource(connection, source, asked), folder);

const GOOD = '{"key":"a","x":1,"y":2}';

describe("rows of NDJSON", () => {
  test("have NULL where a field is absent or null, and keys as they are written", async () => {
    const lines = [
      GOOD,
      '{"y":3,"key":"b"}',
      "",
      '{"key":null,"x":null,"y":4,"more":[1,{"z":2}]}',
      '{"key":7,"x":1.5e1,"y":-0.5}',
      "{}",
    ];
    const nan = Number.NaN;
    expect(await rowsOf(ndjson(lines))).toEqual([
      [null, nan, 4],
      [null, nan, nan],
      ["7", 15, -0.5],
      ["a", 1, 2],
      ["b", nan, 3],
    ]);
  });

  test("have numbers beyond the sample's integers, and in quotes, as numbers", async () => {
    const lines = [...Array<string>(25_000).fill(GOOD), '{"key":"b","x":1.5,"y":"7"}'];
    expect((await rowsOf(ndjson(lines))).at(-1)).toEqual(["b", 1.5, 7]);
  });

  test("are filtered by the types that were found or told, and by nothing else", async () => {
    const lines = [
      GOOD,
      '{"key":"b","x":2,"y":3,"n":5,"day":"2024-02-13"}',
      '{"key":"c","x":3,"y":3,"n":12,"day":"later"}',
    ];
    expect(await rowsOf(ndjson(lines, { where: "n > 9" }))).toEqual([["c", 3, 3]]);
    const days = ndjson(lines, { where: "day = '2024-02-13'", types: { day: "text" } });
    expect(await rowsOf(days)).toEqual([["b", 2, 3]]);
  });

  test("have timestamps as instants: an offset is not lost", async () => {
    const at = (time: string, x: number): string => JSON.stringify({ key: "a", x, y: 1, at: time });
    const lines = [
      at("2024-01-05T10:00:00+02:00", 1),
      at("2024-01-05T09:00:00Z", 2),
      at("2024-01-05T08:30:00Z", 3),
    ];
    const told = ndjson(lines, { types: { at: "timestamptz" } });
    expect((await rowsOf(told, { orderBy: ["at"] })).map((row) => row[1])).toEqual([1, 3, 2]);
    const found = ndjson([...Array<string>(25_000).fill(at("2024-01-05T09:00:00Z", 0)), ...lines]);
    const { job, rows } = await readSource(connection, found, { orderBy: ["at"] });
    expect(job.columns.find((column) => column.name === "at")!.sqlType).toBe("TIMESTAMP WITH TIME ZONE");
    expect(rows.map((row) => row[1]).filter((x) => x !== 0)).toEqual([1, 3, 2]);
  });

  test("of which each has other fields are read", async () => {
    const lines = Array.from({ length: 1000 }, (_, i) =>
      JSON.stringify({ key: "a", x: i, y: 1, [`only${i}`]: i }),
    );
    expect(await rowsOf(ndjson(lines))).toHaveLength(1000);
  });

  test("have names that mean something elsewhere", async () => {
    const line = '{"__proto__":"k","constructor":1,"it\'s; DROP TABLE x":2,"":3,"say \\"x\\"":4}';
    const asked = { by: ["__proto__"], features: ["constructor", 'say "x"'], target: "it's; DROP TABLE x" };
    expect(await rowsOf(ndjson([line]), asked)).toEqual([["k", 1, 4, 2]]);
  });
});

describe("NDJSON is refused, naming file and line,", () => {
  const before = Array<string>(3).fill(GOOD);
  test.each<[string, string, string]>([
    ["a list", "[1,2]", "is not one JSON object: [1,2]; NDJSON has one a line, and nothing else"],
    ["a number", "12", "is not one JSON object: 12; NDJSON has one a line, and nothing else"],
    ["the word null", "null", "is not one JSON object: null; NDJSON has one a line, and nothing else"],
    [
      "two objects",
      `${GOOD} {"x":1}`,
      `is not one JSON object: ${GOOD} {"x":1}; NDJSON has one a line, and nothing else`,
    ],
    [
      "half an object",
      '{"key":"a","x":',
      'is not one JSON object: {"key":"a","x":; NDJSON has one a line, and nothing else',
    ],
    [
      "text for a number",
      '{"key":"a","x":"12 km","y":1}',
      'column "x" has "12 km", which is not a number; mend the row, or leave the column out',
    ],
    [
      "a truth value for a number",
      '{"key":"a","x":true,"y":1}',
      'column "x" has true, which is not a number; mend the row, or leave the column out',
    ],
    [
      "something nested for a number",
      '{"key":"a","x":[1],"y":1}',
      'column "x" has [1], which is not a number; mend the row, or leave the column out',
    ],
  ])("%s", async (_, line, problem) => {
    for (const name of ["bad.ndjson", "bad.jsonl.gz"]) {
      const many = [...Array<string>(25_000).fill(GOOD), ...before, line, GOOD];
      expect(await refusal(ndjson(many, {}, name))).toBe(
        `source_unreadable: ${name}, line 25004: ${problem}`,
      );
    }
  });

  test("among the first lines too", async () => {
    expect(await refusal(ndjson([GOOD, "nonsense", GOOD]))).toBe(
      "source_unreadable: a.ndjson, line 2: is not one JSON object: nonsense; NDJSON has one a line, and nothing else",
    );
  });

  test("a byte order mark, bytes that are not UTF-8, nothing at all", async () => {
    expect(await refusal(ndjson([`\ufeff${GOOD}`]))).toBe(
      "source_unreadable: a.ndjson, line 1: begins with a byte order mark; remove it",
    );
    const path = join(folder, "latin.ndjson");
    writeFileSync(path, Buffer.from(`${GOOD}\n{"key":"caf\xe9"}\n`, "latin1"));
    expect(await refusal(plainSource([path]))).toBe(
      "source_unreadable: latin.ndjson, line 2: it is not UTF-8 text; convert it, for instance with iconv -f latin1 -t utf-8",
    );
    writeFileSync(path, "");
    expect(await refusal(plainSource([path]))).toBe(
      "source_empty: latin.ndjson: is empty; NDJSON has one JSON object a line, there is nothing to train on",
    );
  });

  test("names that differ in case only", async () => {
    expect(await refusal(ndjson([GOOD, '{"key":"a","X":1}']))).toMatch(
      /^source_unreadable: a\.ndjson: columns "[xX]" and "[xX]" cannot be told apart/,
    );
  });

  test("nested values as key and feature", async () => {
    const lines = ['{"key":"a","x":[1],"y":2,"z":{"a":1}}'];
    expect(await refusal(ndjson(lines))).toMatch(
      /^unsupported_type: feature "x" is BIGINT\[\], linear-regression needs/,
    );
    expect(await refusal(ndjson(lines), { features: ["y"], target: "z" })).toMatch(
      /^unsupported_type: target "z" is STRUCT/,
    );
  });
});
