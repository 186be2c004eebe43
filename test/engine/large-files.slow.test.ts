import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import type { Connection } from "../../src/duckdb/duckdb.ts";
import { quoteText } from "../../src/duckdb/quote.ts";
import type { FitMemory } from "../../src/engine/local/memory-budget.ts";
import type { Job } from "../../src/job/job.ts";
import { DEFAULT_POLICY, type Policy } from "../../src/job/policy.ts";
import { linearRegression } from "../../src/trainer/linear-regression.ts";
import { PLAIN_JOB, plainSource } from "../plain-job.ts";
import { openTestDuckdb } from "../source/write-source.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { type CollectedRun, collectRun } from "./collect-run.ts";
import { localMember } from "./local-member.ts";

/** A row of two numbers takes 28 bytes in a bucket, and 52 with the copy in which a worker puts it in order. */
const SOME_LARGE: Partial<FitMemory> = { partitionBytes: 52_000 };
const ALL_LARGE: Partial<FitMemory> = { partitionBytes: 0 };

const MEAN_OF = fileURLToPath(new URL("../trainer/fixtures/mean-of-y.ts", import.meta.url));

/** Rows of each file: some below 1000, one of them with none, and others of several blocks. */
const SIZES = [40, 999, 1001, 0, 30_000, 7, 5000];

let connection: Connection;

beforeAll(async () => {
  connection = await (await openTestDuckdb()).connect();
});

/** Rows that a line explains but for noise, every 17th without x. */
function rowsOf(file: number, count: number): { x: number | null; y: number }[] {
  return Array.from({ length: count }, (_, i) => {
    const x = ((i * 7919 + file) % 1009) / 7;
    return { x: i % 17 === 3 ? null : x, y: 3 - 2 * x + ((i * 104_729) % 101) / 50 };
  });
}

function csvOf(rows: readonly { x: number | null; y: number }[]): string {
  return ["x,y", ...rows.map(({ x, y }) => `${x ?? ""},${y}`), ""].join("\n");
}

const FORMATS = {
  csv: async (path: string, rows: ReturnType<typeof rowsOf>) => writeFileSync(`${path}.csv`, csvOf(rows)),
  "csv.gz": async (path: string, rows: ReturnType<typeof rowsOf>) =>
    writeFileSync(`${path}.csv.gz`, gzipSync(csvOf(rows))),
  ndjson: async (path: string, rows: ReturnType<typeof rowsOf>) =>
    writeFileSync(`${path}.ndjson`, rows.map((row) => `${JSON.stringify(row)}\n`).join("")),
  parquet: async (path: string, rows: ReturnType<typeof rowsOf>) => {
    writeFileSync(`${path}.tmp`, csvOf(rows));
    const read = `read_csv(${quoteText(`${path}.tmp`)}, columns = {x: 'DOUBLE', y: 'DOUBLE'}, header = true)`;
    await connection.run(`copy (from ${read}) to ${quoteText(`${path}.parquet`)} (format parquet)`);
  },
};

async function writeFiles(format: keyof typeof FORMATS): Promise<string> {
  const folder = join(temporaryFolder(), "files");
  mkdirSync(folder);
  for (const [file, count] of SIZES.entries())
    await FORMATS[format](join(folder, `${file}`), rowsOf(file, count));
  return join(folder, `*.${format}`);
}

function jobOf(path: string, told: Partial<Policy> = {}, trainer?: Job["trainer"]): Job {
  return {
    source: plainSource([path]),
    partitioning: { kind: "file" },
    trainer: trainer ?? linearRegression({ target: "y", features: ["x"] }),
    seed: 5,
    ...PLAIN_JOB,
    policy: { ...DEFAULT_POLICY, ...told },
  };
}

async function run(job: Job, workers: number, fitMemory?: Partial<FitMemory>): Promise<CollectedRun> {
  return collectRun(await localMember(workers, undefined, fitMemory).create(), job);
}

describe("files that are larger than memory has room for", () => {
  test.each(Object.keys(FORMATS) as (keyof typeof FORMATS)[])(
    "are fitted to the same bits: %s",
    async (format) => {
      const job = jobOf(await writeFiles(format));
      const expected = await run(job, 2);
      expect(expected.answers.map(({ state }) => state)).toEqual(
        SIZES.map((rows) => (rows === 0 ? "skipped" : "fitted")),
      );
      expect(expected.answers.every(({ file }) => file !== null)).toBe(true);
      for (const memory of [SOME_LARGE, ALL_LARGE]) {
        for (const workers of [0, 1, 3])
          expect((await run(job, workers, memory)).answers).toEqual(expected.answers);
      }
    },
  );

  const policies: [string, Partial<Policy>, string[]][] = [
    ["rows refused", { nulls: "fail" }, []],
    ["rows held out by chance", { holdout: 0.3 }, []],
    ["last rows held out", { holdout: 0.25 }, ["y"]],
    ["many rows needed", { minRows: 1000 }, []],
  ];
  test.each(policies)("are fitted to the same bits, %s", async (_, told, orderBy) => {
    const job = { ...jobOf(await writeFiles("csv.gz"), told), orderBy };
    const expected = await run(job, 2);
    for (const memory of [SOME_LARGE, ALL_LARGE])
      for (const workers of [0, 2])
        expect((await run(job, workers, memory)).answers).toEqual(expected.answers);
  });

  test("fail for trainers of the user's, and all others are fitted", async () => {
    const job = jobOf(await writeFiles("csv"), {}, { module: MEAN_OF, params: {} });
    const expected = await run(job, 2);
    for (const workers of [0, 2]) {
      const { answers } = await run(job, workers, { partitionBytes: 300_000 });
      for (const [partition, answer] of answers.entries())
        if (partition !== 4) expect(answer).toEqual(expected.answers[partition]);
      const { state, rows, file, errors } = answers[4]!;
      expect({ state, rows }).toEqual({ state: "failed", rows: [Number.NaN, Number.NaN, Number.NaN] });
      expect(file).toEqual(expected.answers[4]!.file);
      expect(errors).toEqual([
        expect.stringMatching(
          /^partition_too_large: 30,000 rows need 1\.\d MB to be fitted at once, and 0\.3 MB are there for one partition; give more with --memory/,
        ),
      ]);
    }
  });

  test("end the run where the disk for them cannot be written: that is no fault of theirs", async () => {
    const job = jobOf(await writeFiles("csv"));
    const { create } = localMember(2, undefined, ALL_LARGE);
    const blocked = join(temporaryFolder(), "no folder");
    writeFileSync(blocked, "");
    const engine = await create({ tempFolder: blocked });
    await expect(collectRun(engine, job)).rejects.toThrow(
      /^temporary folder .*no folder: rows that do not fit into memory cannot be written there after 0 bytes/,
    );
  });
});
