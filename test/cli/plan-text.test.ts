import { describe, expect, test } from "vitest";
import { planLines } from "../../src/cli/plan-text.ts";
import { PLAIN_STYLE } from "../../src/cli/style.ts";
import { textWidth } from "../../src/cli/text-width.ts";
import type { Plan, PlanMemory } from "../../src/index.ts";
import { PLAIN_DIALECT } from "../plain-job.ts";

const LINEAR: Plan = {
  format: "csv",
  files: 1,
  bytes: 1000,
  where: null,
  partitioning: "by",
  keys: [{ name: "store", type: "text" }],
  trainer: "linear-regression",
  trainerColumns: { target: "y", features: ["x"], weights: null },
  params: { target: "y", features: null, weights: null, intercept: true },
  reads: ["x", "y"],
  leftOut: [],
  unnamed: [],
  dialect: PLAIN_DIALECT,
  partitions: 3,
  rows: 30,
  usableRows: 28,
  rowsPerPartition: { min: 1, median: 9, p95: 20, max: 20 },
  bytesPerPartition: null,
  sizes: {
    unit: "rows",
    bins: [
      { from: 1, to: 2, partitions: 1 },
      { from: 2, to: 4, partitions: 0 },
      { from: 4, to: 32, partitions: 2 },
    ],
  },
  skew: 20 / 9,
  largest: [{ key: "store=a", rows: 20, bytes: null }],
  fits: 2,
  skips: { no_rows: 0, too_few_rows: 1 },
  skipExamples: { no_rows: [], too_few_rows: ["store=c"] },
  nullFailures: null,
  rules: { nulls: null, holdout: null, orderBy: [], limit: null, timeoutMs: null, maxFailed: null },
  fileProblems: null,
  minRows: 2,
  engine: "local",
  workers: 2,
  exchangeBytes: 0,
  memory: {
    totalBytes: 4e9,
    exchangeBytes: 1e9,
    spills: false,
    partitionBytes: 2e8,
    rowBytes: 100,
    tooLarge: 0,
    tooLargeExamples: [],
    tooLargeFate: "blocks",
  },
  cluster: null,
  forecast: null,
};

const FILES: Plan = {
  ...LINEAR,
  files: 3,
  bytes: 158_000,
  partitioning: "file",
  keys: [{ name: "file", type: "text" }],
  trainer: "trainer.ts",
  trainerColumns: null,
  params: { alpha: 0.1, kind: "ridge", grid: [1, 2] },
  rows: null,
  usableRows: null,
  rowsPerPartition: null,
  bytesPerPartition: { min: 10_200, median: 52_000, p95: 95_800, max: 95_800 },
  sizes: {
    unit: "bytes",
    bins: [
      { from: 8192, to: 16_384, partitions: 1 },
      { from: 16_384, to: 131_072, partitions: 2 },
    ],
  },
  dialect: null,
  largest: [
    { key: "file=s2.csv.gz", rows: null, bytes: 95_800 },
    { key: "file=s1.csv.gz", rows: null, bytes: 52_000 },
  ],
  fits: 3,
  skips: { no_rows: 0, too_few_rows: 0 },
  minRows: 1,
};

function lines(plan: Plan): string[] {
  return planLines(plan, { isFull: true, width: 200, style: PLAIN_STYLE });
}

describe("a plan as text", () => {
  test("of an estimator has its formula and the rows", () => {
    expect(lines(LINEAR)).toEqual([
      "  source      1 CSV file, 1.00 kB, 30 rows, 2 of them with a value missing in a used column",
      "  written     commas between fields, point in decimals",
      "  partitions  3 by store; 1 to 20 rows each, median 9",
      "  rows each         1  1  ####################",
      "               2 to 3  0",
      "              4 to 31  2  ########################################",
      "  largest     store=a (20 rows)",
      "  fit         linear-regression: y ~ x",
      "  outlook     2 partitions to fit, 1 to skip (fewer than 2 usable rows: store=c)",
      "  on          local, 2 workers, each some 2 partitions, 15 rows (the largest partition alone is 67 % of all: others will wait for it)",
      "  memory      4.00 GB in all; 2.00 kB of the largest partition, 200 MB allowed",
    ]);
  });

  test("of a trainer of the user's with a model per file has its columns, its params and sizes in bytes", () => {
    expect(lines(FILES)).toEqual([
      "  source      3 CSV files, 158 kB, rows are counted when they are read",
      "  partitions  3, one per file; 10.2 kB to 95.8 kB each, median 52.0 kB",
      "  sizes       8.19 kB to 16.4 kB  1  ####################",
      "               16.4 kB to 131 kB  2  ########################################",
      "  largest     file=s2.csv.gz (95.8 kB), file=s1.csv.gz (52.0 kB)",
      '  fit         trainer.ts: reads x, y; params alpha=0.1, kind="ridge", grid=[1,2]',
      "  outlook     3 partitions to fit; those without a row will be skipped",
      "  on          local, 2 workers, each some 2 partitions, 79.0 kB (the largest partition alone is 61 % of all: others will wait for it)",
      "  memory      4.00 GB in all",
    ]);
  });

  test("of a cluster has its place, how the work is divided there, and where Node comes from", () => {
    const cluster = { server: "host:15002", version: "4.3.0", tasks: 8, isShuffled: true, node: null };
    const onSpark: Plan = { ...LINEAR, engine: "spark", workers: 4, memory: null, cluster };
    expect(lines(onSpark).at(-1)).toBe(
      "  on          spark 4.3.0 at host:15002, 4 cores; 8 tasks, each some 1 partition; rows are sent to where their partition is fitted; Node: the executors' own, else this machine's is sent",
    );
    const files: Plan = {
      ...{ ...FILES, engine: "spark", workers: 1, memory: null },
      cluster: { ...cluster, tasks: null, isShuffled: false, node: "/opt/node" },
    };
    expect(lines(files).at(-1)).toBe(
      "  on          spark 4.3.0 at host:15002, 1 core; files are packed into tasks by Spark; no row is shuffled; Node: /opt/node on the executors",
    );
    expect(lines({ ...onSpark, files: 0, bytes: 0 })[0]).toBe(
      "  source      tables or queries of Spark, 30 rows, 2 of them with a value missing in a used column",
    );
  });

  test("says how few rows are too few", () => {
    expect(lines({ ...FILES, minRows: 5 })).toContain(
      "  outlook     3 partitions to fit; those with fewer than 5 usable rows will be skipped",
    );
  });

  test("says what a filter does where rows are not counted yet", () => {
    expect(lines({ ...FILES, where: "y > 0" })[0]).toBe(
      "  source      3 CSV files, 158 kB, rows where y > 0 are counted when they are read",
    );
  });

  test("has the form of the number", () => {
    const one = { min: 1, median: 1, p95: 1, max: 1 };
    const text = lines({ ...LINEAR, partitions: 1, rows: 1, usableRows: 1, rowsPerPartition: one, fits: 1 });
    expect(text[0]).toBe("  source      1 CSV file, 1.00 kB, 1 row");
    expect(text).toContain("  partitions  1 by store; 1 row each");
    expect(text.find((line) => line.startsWith("  outlook"))).toMatch(/1 partition to fit/);
    const bytes = { min: 1, median: 1, p95: 1, max: 1 };
    expect(lines({ ...FILES, bytesPerPartition: bytes })).toContain(
      "  partitions  3, one per file; 1 byte each",
    );
  });

  test("tells columns without numbers from those without a name of their own", () => {
    const leftOut = ["country", "continent"];
    expect(lines({ ...LINEAR, leftOut, unnamed: ["column0"] })).toContain(
      "  left out    country, continent: no numbers, or not in every row; column0: a column without a name of its own, as of row numbers",
    );
    expect(lines({ ...LINEAR, unnamed: ["column0", "column1"] })).toContain(
      "  left out    column0, column1: columns without names of their own, as of row numbers",
    );
  });

  test("lists the first of many names and params", () => {
    const reads = Array.from({ length: 40 }, (_, i) => `x${i}`);
    const params = Object.fromEntries(reads.map((name) => [name, "v".repeat(100)]));
    const fit = lines({ ...FILES, reads, params }).find((line) => line.startsWith("  fit"))!;
    expect(fit).toContain("reads x0, x1, x2, x3, x4, x5, x6, x7, … (40 columns); params x0=");
    expect(planLines({ ...FILES, params }, { width: 10_000, style: PLAIN_STYLE }).join("\n")).toContain(
      "… (40 params)",
    );
  });

  test("in short has neither sizes nor shares", () => {
    expect(planLines(LINEAR, { width: 200, style: PLAIN_STYLE })).toEqual([
      "  source      1 CSV file, 1.00 kB, 30 rows, 2 of them with a value missing in a used column",
      "  partitions  3 by store; 1 to 20 rows each, median 9",
      "  fit         linear-regression: y ~ x",
      "  outlook     2 partitions to fit, 1 to skip (fewer than 2 usable rows)",
      "  on          local, 2 workers",
    ]);
  });

  test("says what it is held to", () => {
    const rules: Plan["rules"] = {
      nulls: "drop",
      holdout: { share: 0.25, rows: "last" },
      orderBy: ["day", "the hour"],
      limit: 10,
      timeoutMs: 30_000,
      maxFailed: { share: 0.005 },
    };
    expect(planLines({ ...LINEAR, rules }, { width: 400, style: PLAIN_STYLE })).toContain(
      '  rules       rows with NULL, NaN or an infinity are dropped; 0.25 of each partition\'s rows held out, the last; rows ordered by day, "the hour"; the first 10 partitions in key order; 30 s for each fit; stops when more than 0.5 % fail',
    );
    const some = { ...LINEAR.rules, maxFailed: { partitions: 1 } };
    expect(lines({ ...LINEAR, rules: some })).toContain(
      "  rules       stops when more than 1 partition fails",
    );
  });

  test("says what is known to fail, and what does not fit into memory", () => {
    const examples = ["/d/a.csv", "/d/b.csv", "/d/c.csv"];
    const fileProblems = {
      empty: { count: 1200, examples },
      packedNothing: { count: 1, examples: ["/d/n.csv.gz"] },
      unreadable: null,
    };
    const memory: PlanMemory = {
      ...LINEAR.memory!,
      spills: true,
      tooLarge: 2,
      tooLargeExamples: [{ key: "store=a", rows: 3_000_000, bytes: null }],
    };
    const text = lines({ ...LINEAR, fileProblems, nullFailures: 7, memory, exchangeBytes: 3e9 });
    for (const line of [
      "will fail: 1,200 files without a byte (/d/a.csv, /d/b.csv, /d/c.csv, …)",
      "will fail: 1 file with nothing packed in (/d/n.csv.gz)",
      "will fail: 7 partitions with a value missing",
      "2 partitions larger than the 200 MB that one may take in a worker: fitted block by block from disk (store=a: 3,000,000 rows, 300 MB)",
      "3.00 GB of rows, of which 1.00 GB stay in memory: the others go to disk meanwhile",
    ])
      expect(text).toContain(`              ${line}`);
    const own: Plan = { ...LINEAR, memory: { ...memory, tooLargeFate: "partition_too_large" } };
    expect(lines(own).join("\n")).toContain("a worker: will fail with partition_too_large (store=a");
  });

  test("has a forecast, and what failed in the sample", () => {
    const counts = { fitted: 35, skipped: 2, failed: 3, timed_out: 0, lost: 0 };
    const skipped = {
      state: "skipped",
      code: "no_rows",
      message: "",
      partitions: 2,
      examples: ["k=4"],
    } as const;
    const failed = {
      state: "failed",
      code: "trainer_threw",
      message: "x is not a function\nat all",
      partitions: 3,
      examples: ["k=1", "k=2"],
    } as const;
    const forecast: Plan["forecast"] = {
      ...{
        sampled: 40,
        sampledRows: 800,
        counts,
        causes: [failed, skipped],
        sampleMs: 1234,
        isCutShort: true,
      },
      reading: { lowMs: 800, highMs: 1300 },
      exchanging: null,
      fitting: { lowMs: 4000, highMs: 70_000 },
      committing: { lowMs: 40, highMs: 60 },
      total: { lowMs: 4840, highMs: 71_360 },
    };
    expect(lines({ ...LINEAR, forecast }).slice(-3)).toEqual([
      "  sample      40 partitions, 800 rows, in 1.2 s: 35 fitted, 2 skipped, 3 failed; time was over before the rest",
      "              3 failed, trainer_threw: x is not a function at all (k=1, k=2, …)",
      "  forecast    4.8 s to 1 min 11 s for 3 partitions (reading 0.8 to 1.3 s, fitting 4.0 s to 1 min 10 s, committing 40 to 60 ms)",
    ]);
    expect(lines({ ...FILES, forecast }).join("\n")).toContain("2 skipped, no_rows (k=4, …)");
    const unknown = { ...forecast, fitting: null, total: null };
    expect(lines({ ...LINEAR, forecast: { ...unknown, sampled: 0 } }).at(-1)).toContain(
      "not known: no fit ended in time",
    );
    expect(lines({ ...LINEAR, forecast: unknown }).at(-1)).toContain(
      "not known: the fit of the largest partition did not end in time",
    );
  });

  test.each([40, 60, 80, 120])("fits %i columns, with blocks or without bars", (width) => {
    const bins = Array.from({ length: 12 }, (_, i) => ({
      from: 2 ** i,
      to: 2 ** (i + 1),
      partitions: 3 ** i,
    }));
    const plan: Plan = { ...LINEAR, sizes: { unit: "rows", bins } };
    const text = planLines(plan, { isFull: true, hasBlocks: true, width, style: PLAIN_STYLE });
    const sizes = text.filter((line) =>
      /^ +(?:rows each)? +(?:1|[\d,]+ to [\d,]+) +[\d,]+(?: |$)/.test(line),
    );
    expect(sizes).toHaveLength(12);
    for (const line of text) expect(textWidth(line)).toBeLessThanOrEqual(width);
    expect(text.join("").includes("█")).toBe(width > 40);
  });
});
