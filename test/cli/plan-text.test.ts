import { describe, expect, test } from "vitest";
import { planLines } from "../../src/cli/plan-text.ts";
import { PLAIN_STYLE } from "../../src/cli/style.ts";
import type { Plan } from "../../src/index.ts";

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
  partitions: 3,
  rows: 30,
  usableRows: 28,
  rowsPerPartition: { min: 1, median: 9, p95: 20, max: 20 },
  bytesPerPartition: null,
  largest: [{ key: "store=a", rows: 20, bytes: null }],
  fits: 2,
  skips: { no_rows: 0, too_few_rows: 1 },
  minRows: 2,
  engine: "local",
  workers: 2,
  exchangeBytes: 0,
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
      "  partitions  3 by store; 1 to 20 rows each, median 9",
      "  largest     store=a (20 rows)",
      "  fit         linear-regression: y ~ x",
      "  outlook     2 partitions to fit, 1 to skip (fewer than 2 usable rows)",
      "  on          local, 2 workers",
    ]);
  });

  test("of a trainer of the user's with a model per file has its columns, its params and sizes in bytes", () => {
    expect(lines(FILES)).toEqual([
      "  source      3 CSV files, 158 kB, rows are counted when they are read",
      "  partitions  3, one per file; 10.2 kB to 95.8 kB each, median 52.0 kB",
      "  largest     file=s2.csv.gz (95.8 kB), file=s1.csv.gz (52.0 kB)",
      '  fit         trainer.ts: reads x, y; params alpha=0.1, kind="ridge", grid=[1,2]',
      "  outlook     3 partitions to fit; those without a row will be skipped",
      "  on          local, 2 workers",
    ]);
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
    expect(text[1]).toBe("  partitions  1 by store; 1 row each");
    expect(text[4]).toMatch(/1 partition to fit/);
    const bytes = { min: 1, median: 1, p95: 1, max: 1 };
    expect(lines({ ...FILES, bytesPerPartition: bytes })[1]).toBe(
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
});
