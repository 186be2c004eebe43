import { beforeAll, describe, expect, test } from "vitest";
import type { Job } from "../../src/job/job.ts";
import { PLAIN_JOB, plainSource } from "../plain-job.ts";
import { openTestDuckdb, writeSource } from "../source/write-source.ts";
import { collectRun } from "./collect-run.ts";
import { localMember } from "./local-member.ts";

const KEYS = 300_000;
const ROWS = 1_500_000;

const UNSORTED = `select i as n, 'key ' || (hash(i) % ${KEYS})::integer as key, i % 7 as day from range(${ROWS}) t(i)`;

function job(paths: readonly string[], where: string | null): Job {
  return {
    source: plainSource(paths, { where }),
    partitioning: { kind: "by", columns: ["key"] },
    trainer: { estimator: "row-order-probe", params: { number: "n" } },
    seed: 1,
    ...PLAIN_JOB,
  };
}

describe("rows of 300,000 text keys", () => {
  let parquet: string[];
  let csv: string[];

  beforeAll(async () => {
    const connection = await (await openTestDuckdb()).connect();
    parquet = await writeSource(connection, UNSORTED, { format: "parquet", files: 1 });
    csv = await writeSource(connection, UNSORTED, { format: "csv", files: 20 });
  });

  // A strictly rising row number in every partition, over all rows there are, is the order of the source.
  test.each([
    ["one Parquet file", () => parquet, null, ROWS, (ROWS * (ROWS - 1)) / 2],
    ["twenty CSV files", () => csv, null, ROWS, (ROWS * (ROWS - 1)) / 2],
    ["one Parquet file, filtered", () => parquet, "day <> 3", ...withoutDay3()],
    ["twenty CSV files, filtered", () => csv, "day <> 3", ...withoutDay3()],
  ] as const)("arrive in source order from %s", async (_, paths, where, rows, sum) => {
    const { answers } = await collectRun(await localMember(2).create(), job(paths(), where));
    expect(answers.filter(({ model }) => model[2] !== 0)).toEqual([]);
    expect(answers.reduce((total, { model }) => total + model[0]!, 0)).toBe(rows);
    expect(answers.reduce((total, { model }) => total + model[1]!, 0)).toBe(sum);
  });

  test("arrive the same with 0, 1 and 8 workers and buckets of any size", async () => {
    const expected = await collectRun(await localMember(0).create(), job(parquet, null));
    for (const member of [localMember(1), localMember(8, { rows: 1000, partitions: 50 })]) {
      const run = await collectRun(await member.create(), job(parquet, null));
      expect(run.answers).toEqual(expected.answers);
    }
  });
});

function withoutDay3(): [rows: number, sum: number] {
  let [rows, sum] = [0, 0];
  for (let i = 0; i < ROWS; i++) {
    if (i % 7 === 3) continue;
    rows++;
    sum += i;
  }
  return [rows, sum];
}
