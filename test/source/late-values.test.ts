import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { Connection } from "../../src/duckdb/duckdb.ts";
import type { SourceSpec } from "../../src/job/job.ts";
import { plainSource } from "../plain-job.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { readSource, refusalOf } from "./read-source.ts";
import { openTestDuckdb } from "./write-source.ts";

/** One more than types are found by. */
const SAMPLE = 20_481;

let connection: Connection;
let folder: string;

beforeAll(async () => {
  connection = await (await openTestDuckdb()).connect();
  folder = temporaryFolder();
});

/** A source whose column `seen` has one text in all rows of the sample and another in the last row, of key `late`. */
function source(format: "csv" | "ndjson", [usual, late]: readonly string[], told: Partial<SourceSpec> = {}) {
  const row = (key: string, seen: string): string =>
    format === "csv" ? `${key},1,2,${seen}` : `{"key":"${key}","x":1,"y":2,"seen":${JSON.stringify(seen)}}`;
  const rows = [...Array<string>(SAMPLE).fill(row("usual", usual!)), row("late", late!)];
  const path = join(folder, `a.${format}`);
  writeFileSync(path, `${[...(format === "csv" ? ["key,x,y,seen"] : []), ...rows].join("\n")}\n`);
  return plainSource([path], told);
}

describe.each(["csv", "ndjson"] as const)("in %s a value behind the rows that tell types", (format) => {
  const keysWhere = async (values: readonly string[], where: string): Promise<unknown[]> => {
    const { rows } = await readSource(connection, source(format, values, { where }));
    return [...new Set(rows.map(([key]) => key))];
  };
  const refusal = (values: readonly string[]): Promise<string> =>
    refusalOf(readSource(connection, source(format, values), { orderBy: ["seen"] }), folder);

  test("that is a time with an offset keeps it", async () => {
    const times = ["2024-01-02 10:00:00", "2024-01-02 10:00:00+02"];
    expect(await keysWhere(times, "seen = '2024-01-02 08:00:00'")).toEqual(["late"]);
    expect(await keysWhere(times, "seen = '2024-01-02 10:00:00'")).toEqual(["usual"]);
  });

  test.each([
    ["a time among days, whose hours a cast would cut off", "2024-01-02", "2024-01-02 10:00:00"],
    ["a text among times in UTC", "2024-01-02T10:00:00Z", "soon"],
    ["a text among times", "2024-01-02 10:00:00", "soon"],
    ["infinity among days", "2024-01-02", "infinity"],
    ["infinity among times", "2024-01-02 10:00:00", "infinity"],
  ])("that is %s is refused", async (_, usual, late) => {
    expect(await refusal([usual, late])).toContain(`a.${format}`);
    expect(await refusal([usual, late])).toContain(`column "seen" has `);
    expect(await refusal([usual, late])).toContain(late);
  });
});

describe("a time with an offset in a column that was told to hold times without one", () => {
  const keys = async (seen: string, type: "timestamp" | "timestamp_ns"): Promise<string> => {
    const spec = source("csv", ["2024-01-02 10:00:00", seen], { types: { seen: type } });
    return refusalOf(readSource(connection, spec, { orderBy: ["seen"] }), folder);
  };

  test.each(["timestamp", "timestamp_ns"] as const)("is refused as %s", async (type) => {
    for (const offset of ["+02", "-05:30", "+00:30"]) {
      expect(await keys(`2024-01-02 10:00:00${offset}`, type)).toBe(
        `source_unreadable: a.csv: column "seen" has 2024-01-02 10:00:00${offset}, which is not of type ${type}; tell another type with --type`,
      );
    }
  });

  test("is read where the offset is none", async () => {
    for (const offset of ["", "Z", "+00", "+00:00", " UTC"])
      expect(await keys(`2024-01-02 10:00:00${offset}`, "timestamp")).toBe("nothing was refused");
  });
});
