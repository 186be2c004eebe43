import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import type { Connection } from "../../src/duckdb/duckdb.ts";
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

test.each(["csv", "ndjson", "parquet"])(
  "a value of %s that is not of a told type is told with its own file",
  async (format) => {
    const paths = ["7", "8", "9.5"].map((key, i) => {
      const path = join(folder, `${i}.${format}`);
      if (format === "csv") writeFileSync(path, `key,x,y\n${key},1,2\n${key},2,3\n`);
      else writeFileSync(path, `{"key":"${key}","x":1,"y":2}\n{"key":"${key}","x":2,"y":3}\n`);
      return path;
    });
    if (format === "parquet") {
      for (const [i, path] of paths.entries())
        await connection.run(
          `copy (select '${["7", "8", "9.5"][i]}' as key, 1 as x, 2 as y) to '${path}' (format parquet)`,
        );
    }
    const reading = readSource(connection, plainSource(paths, { types: { key: "integer" } }));
    expect(await refusalOf(reading, folder)).toBe(
      `source_unreadable: 2.${format}: column "key" has 9.5, which is not of type integer; tell another type with --type`,
    );
  },
);

test("where the file of a value is not known none is named as if it were", async () => {
  const paths = ["7", "9007199254740993"].map((x, i) => {
    const path = join(folder, `big-${i}.csv`);
    writeFileSync(path, `key,x,y\na,${x},2\nb,${x},3\n`);
    return path;
  });
  const reading = readSource(connection, plainSource(paths), { orderBy: ["x"] });
  expect(await refusalOf(reading, folder)).toMatch(
    /^source_unreadable: one of 2 files, the first of which is big-0\.csv: column "x" has an integer that a number cannot hold exactly/,
  );
});
