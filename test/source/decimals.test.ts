import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import type { Connection } from "../../src/duckdb/duckdb.ts";
import { plainSource } from "../plain-job.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { readSource } from "./read-source.ts";
import { openTestDuckdb } from "./write-source.ts";

const SHAPES = [
  [38, 10],
  [38, 2],
  [38, 0],
  [38, 30],
  [38, 38],
  [28, 20],
  [18, 18],
  [18, 6],
  [16, 16],
  [15, 3],
] as const;

const ROWS = 2000;

let connection: Connection;
let folder: string;

beforeAll(async () => {
  connection = await (await openTestDuckdb()).connect();
  folder = temporaryFolder();
});

/** Decimals of all lengths that a shape has, digits by a linear congruential generator. */
function decimals(precision: number, scale: number): string[] {
  let state = 7n;
  const digit = (): string => {
    state = (state * 6364136223846793005n + 1442695040888963407n) % 2n ** 64n;
    return String(state >> 61n);
  };
  return Array.from({ length: ROWS }, (_, i) => {
    const digits = Array.from({ length: 1 + (i % precision) }, digit)
      .join("")
      .padStart(scale + 1, "0");
    const whole = digits.slice(0, digits.length - scale).replace(/^0+(?=\d)/, "");
    const fraction = scale === 0 ? "" : `.${digits.slice(digits.length - scale)}`;
    return `${i % 2 === 0 ? "" : "-"}${precision === scale ? "0" : whole}${fraction}`;
  });
}

test.each(SHAPES)(
  "decimals(%i,%i) of a Parquet file, or told of a CSV, are the nearest doubles",
  async (width, scale) => {
    const texts = decimals(width, scale);
    const csv = join(folder, `d${width}-${scale}.csv`);
    const parquet = join(folder, `d${width}-${scale}.parquet`);
    writeFileSync(csv, `key,x,y\n${texts.map((text, i) => `a,${text},${i}`).join("\n")}\n`);
    const types = `{'key': 'VARCHAR', 'x': 'DECIMAL(${width},${scale})', 'y': 'DOUBLE'}`;
    await connection.run(
      `copy (select * from read_csv('${csv}', header = true, columns = ${types})) to '${parquet}' (format parquet)`,
    );
    const expected = texts.map((text) => Number(text) + 0);
    const told = plainSource([csv], { types: { x: `decimal(${width},${scale})` } });
    for (const source of [plainSource([parquet]), told]) {
      const { rows } = await readSource(connection, source);
      expect(rows.map((row) => (row[1] as number) + 0)).toEqual(expected);
    }
  },
);
