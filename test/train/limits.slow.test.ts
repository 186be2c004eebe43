import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { linearRegression, plan, type TrainOptions, train } from "../../src/index.ts";
import { openTestDuckdb, writeSource } from "../source/write-source.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const LIMITS = fileURLToPath(new URL("../../bench/limits.mjs", import.meta.url));

describe("a run at the limits of its memory", () => {
  test("keeps to it, and its ledger is exact", async () => {
    const sizes = [
      "--keys",
      "300000",
      "--spread",
      "5000000",
      "--files",
      "2000",
      "--large",
      "3000000",
      "--small",
      "10000",
    ];
    const args = [LIMITS, "--memory", "700MB", "--workers", "2", ...sizes];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    const limits = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { limit: string; peakMb: number; problem: string | null });
    expect(limits.map(({ limit, problem }) => [limit, problem])).toEqual([
      ["keys", null],
      ["spread", null],
      ["files", null],
      ["large", null],
      ["file", null],
    ]);
    for (const { peakMb } of limits) expect(peakMb).toBeGreaterThan(100);
  });
});

describe("a run in a fourth of the memory that its rows take", () => {
  test("has the digest of one in plenty", async () => {
    const connection = await (await openTestDuckdb()).connect();
    const sql = `select i as n, (i * 7919) % 20000 as key, sin(i) as x, cos(i) + i % 7 as y from range(10000000) t(i)`;
    const source = await writeSource(connection, sql, { format: "parquet", files: 1 });
    const options = (memory: string): TrainOptions => ({
      source,
      by: "key",
      trainer: linearRegression({ target: "y", features: ["x"] }),
      runs: temporaryFolder(),
      workers: 2,
      memory,
    });
    const { exchangeBytes, memory } = await plan(options("576MiB"));
    expect(exchangeBytes).toBeGreaterThan(3.5 * memory!.exchangeBytes);
    const digests: (string | undefined)[] = [];
    for (const size of ["576MiB", "8GiB"]) {
      const run = await train(options(size));
      digests.push(run.manifest?.digest);
      await run.close();
    }
    expect(digests[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(digests[1]).toBe(digests[0]);
  });

  test("is refused where it is too little to run in at all", async () => {
    const options = { source: "none.csv", by: "key", trainer: linearRegression({ target: "y" }), workers: 1 };
    await expect(train({ ...options, memory: "64MB" })).rejects.toMatchObject({
      code: "invalid_option",
      message:
        "memory of 64 MB (--memory) is too little: a run with 1 worker thread needs at least 560 MiB; give --memory 560MiB or more",
    });
  });
});
