import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import type { Connection } from "../../src/duckdb/duckdb.ts";
import type { FitMemory } from "../../src/engine/local/memory-budget.ts";
import type { Job } from "../../src/job/job.ts";
import { DEFAULT_POLICY, type Policy } from "../../src/job/policy.ts";
import { mixedJob, writeMixed } from "../conformance/check-engine.ts";
import { PLAIN_JOB, plainSource } from "../plain-job.ts";
import { openTestDuckdb, writeSource } from "../source/write-source.ts";
import { type CollectedRun, collectRun } from "./collect-run.ts";
import { localMember } from "./local-member.ts";

/** The mixed rows take 30,000 × 28 bytes in buckets; 10,000 of them are of one key. */
const QUARTER: Partial<FitMemory> = { exchangeBytes: 200_000, partitionBytes: 1e9, bucketPartitions: 100 };
const ALL_APART: Partial<FitMemory> = { exchangeBytes: 200_000, partitionBytes: 0 };
const SOME_APART: Partial<FitMemory> = { exchangeBytes: 50_000, partitionBytes: 3000, bucketPartitions: 7 };

const MEAN_OF = fileURLToPath(new URL("../trainer/fixtures/mean-of-y.ts", import.meta.url));

let connection: Connection;
let mixed: string[];

beforeAll(async () => {
  connection = await (await openTestDuckdb()).connect();
  mixed = await writeMixed(connection, { format: "parquet", files: 3 });
});

async function run(job: Job, workers: number, fitMemory?: Partial<FitMemory>): Promise<CollectedRun> {
  return collectRun(await localMember(workers, undefined, fitMemory).create(), job);
}

describe("with less memory than its rows take", () => {
  const policies: [string, Partial<Policy>][] = [
    ["rows dropped", {}],
    ["rows refused", { nulls: "fail" }],
    ["rows held out", { holdout: 0.3 }],
    ["many rows needed", { minRows: 40 }],
  ];
  test.each(policies)("a run gives the same bits, %s", async (_, told) => {
    const job = { ...mixedJob(mixed), policy: { ...DEFAULT_POLICY, ...told } };
    const expected = await run(job, 2);
    expect(expected.inspection.memory!.tooLarge).toEqual([]);
    expect(expected.inspection.exchangeBytes).toBeGreaterThan(4 * QUARTER.exchangeBytes!);
    for (const memory of [QUARTER, SOME_APART, ALL_APART]) {
      for (const workers of memory === ALL_APART ? [0, 1, 3] : [3]) {
        const found = await run(job, workers, memory);
        expect(found.answers).toEqual(expected.answers);
      }
    }
  });

  test("rows held out are the last where rows have an order", async () => {
    const policy = { ...DEFAULT_POLICY, holdout: 0.25 };
    const job = { ...mixedJob(mixed), policy, orderBy: ["n"] };
    const expected = await run(job, 2);
    expect((await run(job, 2, ALL_APART)).answers).toEqual(expected.answers);
  });

  test("all rows in one partition are fitted in blocks", async () => {
    const job: Job = { ...mixedJob(mixed), partitioning: { kind: "pooled" } };
    const expected = await run(job, 1);
    for (const workers of [0, 2])
      expect((await run(job, workers, ALL_APART)).answers).toEqual(expected.answers);
  });

  test("what is too large is known before", async () => {
    const { inspection } = await run(mixedJob(mixed), 2, SOME_APART);
    const { inventory } = inspection;
    const memory = inspection.memory!;
    const larger = [...inventory.rows.keys()].filter((p) => inventory.rows[p]! * memory.rowBytes > 3000);
    expect(memory.tooLarge).toEqual(larger);
    expect(larger.length).toBeGreaterThan(1);
    expect(memory).toMatchObject({ exchangeBytes: 50_000, partitionBytes: 3000, rowBytes: 36 + 32 });
  });

  test("a partition that a trainer of the user's could not hold fails, and all others are fitted", async () => {
    const trainer = { module: MEAN_OF, params: {} };
    const job: Job = { ...mixedJob(mixed), trainer };
    const expected = await run(job, 2);
    for (const workers of [0, 2]) {
      const { answers, inspection } = await run(job, workers, {
        exchangeBytes: 200_000,
        partitionBytes: 100_000,
      });
      const { rows } = inspection.inventory;
      expect(inspection.memory!.tooLarge).toEqual([...rows.keys()].filter((p) => rows[p]! > 5000));
      const [large] = inspection.memory!.tooLarge;
      for (const [partition, answer] of answers.entries())
        if (partition !== large) expect(answer).toEqual(expected.answers[partition]);
      const { state, rows: counts, errors } = answers[large!]!;
      expect({ state, counts }).toEqual({ state: "failed", counts: [Number.NaN, Number.NaN, Number.NaN] });
      expect(errors).toEqual([
        expect.stringMatching(
          /^partition_too_large: 10,\d{3} rows need 0.\d MB to be fitted at once, and 0.1 MB are there for one partition; give more with --memory or --memory-per-worker, name fewer columns, or leave rows out with --where$/,
        ),
      ]);
    }
  });

  test("source order holds where 2 MB of rows go through 400 kB", async () => {
    const sql = `select i as n, 'key ' || (hash(i) % 5000)::integer as key from range(100000) t(i)`;
    const paths = await writeSource(connection, sql, { format: "parquet", files: 1 });
    const job: Job = {
      source: plainSource(paths),
      partitioning: { kind: "by", columns: ["key"] },
      trainer: { estimator: "row-order-probe", params: { number: "n" } },
      seed: 1,
      ...PLAIN_JOB,
    };
    const { answers } = await run(job, 2, { exchangeBytes: 400_000, partitionBytes: 100_000 });
    expect(answers.filter(({ model }) => model[2] !== 0)).toEqual([]);
    expect(answers.reduce((total, { model }) => total + model[0]!, 0)).toBe(100_000);
  });
});
