import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { train } from "../../src/train.ts";
import { linearRegression } from "../../src/trainer/linear-regression.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { runDocumentedCommands } from "./documented-commands.ts";

const FOLDER = fileURLToPath(new URL("../../examples/two-lines/", import.meta.url));
const EXTENT = { module: join(FOLDER, "extent.ts"), params: {} };

function makeFiles(...args: string[]): string {
  const folder = temporaryFolder();
  execFileSync(process.execPath, [join(FOLDER, "make.mjs"), ...args, "--out", folder]);
  return folder;
}

test("the files of the example are those that its script writes", () => {
  const made = makeFiles();
  const names = ["line-1.csv.gz", "line-2.csv.gz"];
  expect(readdirSync(made)).toEqual(names);
  for (const name of names) {
    const text = gunzipSync(readFileSync(join(FOLDER, name))).toString();
    expect(text).toBe(gunzipSync(readFileSync(join(made, name))).toString());
    expect(text.trimEnd().split("\n")).toHaveLength(1001);
  }
});

test("its page says what its commands print", async () => {
  const { page, printed } = await runDocumentedCommands("two-lines");
  expect(printed).toBe(page);
});

test("each file has one model, with the slope it was made with to three standard errors", async () => {
  const run = await train({
    source: FOLDER,
    perFile: true,
    trainer: linearRegression({ target: "y", features: ["x"] }),
    runs: temporaryFolder(),
  });
  const { rows } = await run.query(
    "select file, estimate, std_error from terms where term = 'x' order by file",
  );
  await run.close();
  expect(rows.map(([file]) => file)).toEqual(["line-1.csv.gz", "line-2.csv.gz"]);
  for (const [i, truth] of [2.5, 3].entries()) {
    const [, estimate, error] = rows[i] as [string, number, number];
    // 1,000 rows of x from 0 to 10 and noise of variance 1 leave an error of about 1 / sqrt(1000 × 100 / 12) = 0.011.
    expect(error).toBeGreaterThan(0.008);
    expect(error).toBeLessThan(0.014);
    expect(Math.abs(estimate - truth)).toBeLessThan(3 * error);
  }
});

describe("200 files and a trainer that says which file numbers it has seen", () => {
  const ROWS = 300;
  let source: string;
  const digests = new Map<number, string>();

  beforeAll(() => {
    source = makeFiles("--files", "200", "--rows", String(ROWS));
  });

  test.each([2, 0, 1, 8])("see exactly their own file with %i workers", async (workers) => {
    const runs = temporaryFolder();
    const run = await train({ source, perFile: true, trainer: EXTENT, runs, workers });
    const ledger = await run.query("select state, count(*), sum(rows_read)::int from ledger group by state");
    const { rows } = await run.query("select file, model from models order by file");
    await run.close();
    digests.set(workers, run.manifest!.digest);
    expect(ledger.rows).toEqual([["fitted", 200, 200 * ROWS]]);
    expect(rows.map(([file]) => file)).toEqual(readdirSync(source).sort());
    for (const [file, model] of rows as [string, string][]) {
      const number = Number(/\d+/.exec(file)?.[0]);
      expect(JSON.parse(model)).toEqual({ minimum: number, maximum: number, count: ROWS });
    }
  });

  test("have one digest for any number of workers", () => {
    expect([...digests.keys()].sort()).toEqual([0, 1, 2, 8]);
    expect(new Set(digests.values()).size).toBe(1);
  });
});
