import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { Connection } from "../../src/duckdb/duckdb.ts";
import type { SourceSpec } from "../../src/job/job.ts";
import { plainSource } from "../plain-job.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { readSource, refusalOf } from "./read-source.ts";
import { openTestDuckdb } from "./write-source.ts";

let connection: Connection;
let folder: string;

beforeAll(async () => {
  connection = await (await openTestDuckdb()).connect();
  folder = temporaryFolder();
});

/** A source with a column `z` of these values, as they are written there. */
function source(
  format: "csv" | "ndjson",
  values: readonly string[],
  told: Partial<SourceSpec> = {},
): SourceSpec {
  const rows = values.map((z, i) =>
    format === "csv" ? `a,${i},${2 * i},${z}` : `{"key":"a","x":${i},"y":${2 * i},"z":${z}}`,
  );
  const path = join(folder, `a.${format}`);
  writeFileSync(path, `${[...(format === "csv" ? ["key,x,y,z"] : []), ...rows].join("\n")}\n`);
  return plainSource([path], told);
}

const featuresOf = async (spec: SourceSpec): Promise<readonly string[] | undefined> => {
  const { job } = await readSource(connection, spec, { features: null });
  return job.trainerColumns?.features;
};

const refusal = (spec: SourceSpec): Promise<string> =>
  refusalOf(readSource(connection, spec, { features: null }), folder);

describe("a column that could be one of numbers does not vanish from features that nobody named", () => {
  test.each([
    ["a plus", ["+1", "+2.5"], "+1"],
    ["leading zeros", ["007", "010"], "007"],
    ["underscores", ["1_000", "2"], "1_000"],
  ])("where it is written with %s", async (_, values, shown) => {
    expect(await refusal(source("csv", values))).toBe(
      `unsupported_type: feature "z" is text, linear-regression needs numbers; it has "${shown}", which reads as a number: tell --type z=double if its texts are numbers, --type z=text if they are not`,
    );
    expect(await featuresOf(source("csv", values, { types: { z: "text" } }))).toEqual(["x"]);
    expect(await featuresOf(source("csv", values, { types: { z: "double" } }))).toEqual(["x", "z"]);
  });

  test("where JSON has its numbers in quotes and not", async () => {
    const { rows, job } = await readSource(connection, source("ndjson", ["1", '"2.5"', "null"]), {
      features: null,
    });
    expect(job.trainerColumns?.features).toEqual(["x", "z"]);
    expect(rows.map((row) => row[2])).toEqual([1, 2.5, Number.NaN]);
  });

  test("where JSON has a text for no value beside numbers", async () => {
    expect(await refusal(source("ndjson", ["1", '"NA"']))).toBe(
      'unsupported_type: feature "z" is JSON, linear-regression needs numbers; it has "NA" beside numbers: write null for what is no value',
    );
  });

  test("but is none where JSON has other texts, truth values or objects beside numbers", async () => {
    for (const other of ['"red"', "true", '{"a":1}', "[1]"])
      expect(await featuresOf(source("ndjson", ["1", other]))).toEqual(["x"]);
  });
});

test("a field of JSON without a name is no column", async () => {
  const path = join(folder, "unnamed.ndjson");
  writeFileSync(path, '{"key":"a","x":1,"":5,"y":2}\n{"key":"a","x":2,"":6,"y":4}\n');
  expect(await featuresOf(plainSource([path]))).toEqual(["x"]);
});

describe.each(["csv", "ndjson"] as const)("integers of more than 63 bits in %s", (format) => {
  test.each([
    ["18446744073709551615", "18446744073709551614"],
    ["123456789012345678901234567890", "123456789012345678901234567891"],
  ])("are told apart by a filter: %s", async (one, other) => {
    const spec = source(format, [one, other, "5"], { where: `z = ${other}` });
    const { rows } = await readSource(connection, spec);
    expect(rows.map((row) => row[1])).toEqual([1]);
  });

  test("are in the order of their values", async () => {
    const spec = source(format, ["18446744073709551615", "18446744073709551614", "18446744073709551613"]);
    const { rows } = await readSource(connection, spec, { orderBy: ["z"] });
    expect(rows.map((row) => row[1])).toEqual([2, 1, 0]);
  });
});
