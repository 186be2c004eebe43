import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test, vi } from "vitest";
import type { BucketLimits } from "../../src/engine/local/bucket-plan.ts";
import { sizeOfRows } from "../../src/engine/local/exchange-plan.ts";
import { createLocalEngine } from "../../src/engine/local/local-engine.ts";
import type { FitMemory } from "../../src/engine/local/memory-budget.ts";
import { SpillFile } from "../../src/engine/local/spill-file.ts";
import { checkOutputFile } from "../../src/predict/output-file.ts";
import { trainedRunFrom } from "../../src/predict/trained-run.ts";
import { type Prediction, predict, predictWith } from "../../src/predict.ts";
import { type PredictOptions, predictRequestFrom } from "../../src/predict-options.ts";
import { openRun } from "../../src/store/open-run.ts";
import { train } from "../../src/train.ts";
import { openTestDuckdb } from "../source/write-source.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { parquet, sql } from "./trained.ts";

/** Rows whose text says their store and number, and that hash to about as many rows for each of seven stores. */
const ROWS = `select i as n, 'k' || (hash(i) % 7) as store, i::double as x, 'text ' || i || repeat('ü', i % 9) as name
  from range(3000) t(i)`;

/**
 * A trainer whose predictions depend on all rows of a partition and on their order; what else it does when it predicts is
 * said by the model's key.
 */
const TRAINER = `
import { defineTrainer } from "manyfit";
const misdeeds = {
  loop() { for (;;); },
  wait: () => new Promise(() => undefined),
  grow() {
    const kept = [];
    for (let i = 0; i < 40; i++) kept.push(new Uint8Array(2 ** 24).fill(i + 1));
    return new Promise((grown) => setTimeout(() => grown(kept.length), 500));
  },
};
export default defineTrainer({
  columns: ["x", "name"],
  fit: ({ key }) => ({ model: { misdeed: key.store === "k3" ? MISDEED : null } }),
  async predict({ model, table }) {
    if (model.misdeed !== null) await misdeeds[model.misdeed]();
    let sum = 0;
    const names = table.texts("name");
    return { running: table.numbers("x").map((x) => (sum += x)), label: names.map((name, i) => i + name) };
  },
});`;

let source: string;

beforeAll(async () => {
  source = await parquet(ROWS);
});

/** A run whose store k3 does something when it is predicted. */
async function trainedTo(misdeed: string | null): Promise<string> {
  const module = join(temporaryFolder(), "trainer.ts");
  writeFileSync(module, `const MISDEED = ${JSON.stringify(misdeed)};${TRAINER}`);
  const run = await train({
    source,
    by: "store",
    trainer: { module, params: {} },
    runs: temporaryFolder(),
    workers: 0,
  });
  await run.close();
  return run.folder;
}

interface Line extends Readonly<Record<string, string | number | null>> {
  readonly store: string;
  readonly label: string | null;
}

async function linesOf({ file }: Pick<Prediction, "file">): Promise<Line[]> {
  return sql<Line>(`select n::double as n, store, running, label, prediction_reason from '${file}'`);
}

async function predictedWith(run: string, options: Partial<PredictOptions>) {
  const prediction = await predict({ run, source, out: join(temporaryFolder(), "out.parquet"), ...options });
  return { prediction, lines: await linesOf(prediction) };
}

describe("a trainer that misbehaves when it predicts one partition", () => {
  let behaved: Line[];

  beforeAll(async () => {
    behaved = (await predictedWith(await trainedTo(null), { workers: 2 })).lines;
    expect(behaved.every((line) => line["prediction_reason"] === null)).toBe(true);
  });

  test.each([
    [
      "loop",
      { timeout: "700ms", workers: 2 },
      /^predict_failed: predict took longer than 700 ms \(--timeout\)$/,
    ],
    ["wait", { timeout: 300, workers: 1 }, /^predict_failed: predict took longer than 300 ms \(--timeout\)$/],
    ["wait", { timeout: 300, workers: 0 }, /^predict_failed: predict took longer than 300 ms \(--timeout\)$/],
    [
      "grow",
      { memoryPerWorker: "250MB", workers: 2 },
      /^predict_failed: worker \d took \d+ MB of memory while it predicted alone, 250 MB are allowed \(--memory-per-worker\); /,
    ],
  ])("costs no other its prediction: %s with %o", async (misdeed, limits, reason) => {
    const { prediction, lines } = await predictedWith(await trainedTo(misdeed), limits);
    const guilty = behaved.filter((line) => line.store === "k3").length;
    expect(prediction).toMatchObject({ rows: 3000, reasons: { predict_failed: guilty } });
    expect(prediction.failures).toMatchObject([{ rows: guilty, partitions: 1, examples: ["store=k3"] }]);
    for (const [i, line] of lines.entries()) {
      if (line.store !== "k3") expect(line).toEqual(behaved[i]);
      else {
        expect(line).toMatchObject({ n: i, running: null, label: null });
        expect(line["prediction_reason"]).toMatch(reason);
      }
    }
  });
});

test("a prediction that never ends can be interrupted, and leaves nothing", async () => {
  const folder = temporaryFolder();
  const run = await trainedTo("loop");
  const signal = AbortSignal.timeout(700);
  await expect(
    predict({ run, source, out: join(folder, "out.parquet"), workers: 2, signal }),
  ).rejects.toMatchObject({ code: "interrupted" });
  expect(readdirSync(folder)).toEqual([]);
});

describe("with less memory than its rows take", () => {
  let run: string;
  let plenty: string;

  beforeAll(async () => {
    run = await trainedTo(null);
    plenty = (await within({ exchangeBytes: 1e9, partitionBytes: 1e9 }, 2)).text;
  });

  interface Told {
    readonly where?: string;
    /** The run's, or a changed copy. */
    readonly folder?: string;
    readonly bucketLimits?: BucketLimits;
    readonly signal?: AbortSignal;
  }

  /** A prediction as CSV by an engine whose rows have so much memory. */
  async function within(fitMemory: Partial<FitMemory>, workers: number, told: Told = {}) {
    const duckdb = await openTestDuckdb();
    const engine = await createLocalEngine({
      ...{ duckdb, workers, fitMemory, families: [] },
      tempFolder: temporaryFolder(),
      ...(told.bucketLimits === undefined ? {} : { bucketLimits: told.bucketLimits }),
    });
    const out = join(temporaryFolder(), "out.csv");
    const { where = "true", folder = run, signal } = told;
    const opened = await openRun(run);
    await opened.close();
    try {
      const task = {
        request: predictRequestFrom({ run, source, out, where }),
        trained: { ...(await trainedRunFrom(opened)), folder },
        output: await checkOutputFile(out, false),
      };
      const summary = await predictWith(
        { duckdb, engine, tempFolder: "" },
        task,
        signal === undefined ? {} : { signal },
      );
      return { summary, text: readFileSync(out, "utf8") };
    } finally {
      await engine.close();
      duckdb.close();
    }
  }

  test.each([0, 1, 3])("a prediction is the same to the last byte, on %i workers", async (workers) => {
    // The rows take 30 bytes each and their texts 20 more.
    const stored = vi.spyOn(SpillFile.prototype, "append");
    const { text } = await within(
      { exchangeBytes: 30_000, partitionBytes: 1e9, bucketPartitions: 2 },
      workers,
    );
    expect(text).toBe(plenty);
    expect(stored.mock.calls.length).toBeGreaterThan(3);
    stored.mockRestore();
  });

  test("partitions without rows hold nobody up", async () => {
    const told = { where: "store in ('k0', 'k3', 'k6') and n <> 17" };
    const expected = await within({ exchangeBytes: 1e9, partitionBytes: 1e9 }, 2, told);
    // Buckets of three partitions, each of which has room for itself alone.
    const bucketLimits = { rows: 5000, partitions: 3 };
    const found = await within({ exchangeBytes: 30_000, partitionBytes: 1e9 }, 2, { ...told, bucketLimits });
    expect(found).toEqual(expected);
    expect(found.summary.reasons).toEqual({});
  });

  test("a prediction through a file can be interrupted", async () => {
    const folder = await trainedTo("loop");
    const paged = { exchangeBytes: 30_000, partitionBytes: 1e9 };
    const signal = AbortSignal.timeout(700);
    await expect(within(paged, 2, { folder, signal })).rejects.toMatchObject({ code: "interrupted" });
  });

  test("a model that is gone is said to be, and no file appears", async () => {
    const folder = temporaryFolder();
    cpSync(run, folder, { recursive: true });
    await sql(
      `copy (from '${run}/models.parquet' where store <> 'k5') to '${folder}/models.parquet' (format parquet)`,
    );
    for (const workers of [0, 2])
      await expect(within({}, workers, { folder })).rejects.toMatchObject({
        code: "run_damaged",
        message: "run has no model of partition 5, which its ledger calls fitted; train it again",
      });
  });

  test.each([0, 2])("partitions that a worker could not hold say so, on %i workers", async (workers) => {
    const opened = await openRun(run);
    await opened.close();
    const counted = await sql<{ store: string; rows: number; texts: number }>(
      `select store, count(*)::double as rows, sum(strlen(name))::double as texts from (${ROWS}) group by store`,
    );
    const sizes = counted
      .map(({ store, rows, texts }) => ({
        store,
        ...sizeOfRows(rows, texts, opened.manifest!.job.readColumns),
      }))
      .sort((a, b) => a.bytes - b.bytes);
    // There is room for all but the largest.
    const [second, largest] = sizes.slice(-2);
    const partitionBytes = (second!.bytes + largest!.bytes) / 2;
    const { text, summary } = await within({ exchangeBytes: 1e9, partitionBytes }, workers);
    const lost = largest!.rows;
    expect(summary.reasons).toEqual({ predict_failed: lost });
    expect(summary.failures).toEqual([
      {
        message: expect.stringMatching(
          new RegExp(
            `^partition_too_large: ${lost} rows need [0-9.]+ MB to be predicted at once, and [0-9.]+ MB are there for one partition; give more with --memory or --memory-per-worker, name fewer columns, or leave rows out with --where$`,
          ),
        ),
        rows: lost,
        partitions: 1,
        examples: [`store=${largest!.store}`],
      },
    ]);
    const [found, all] = [text.split("\n"), plenty.split("\n")];
    expect(found.length).toBe(all.length);
    for (const [i, line] of found.entries())
      if (!line.includes(`,${largest!.store},`)) expect(line).toBe(all[i]);
  });

  test("all partitions may be too large", async () => {
    const { summary } = await within({ exchangeBytes: 1e9, partitionBytes: 1 }, 2);
    expect(summary).toMatchObject({ rows: 3000, predicted: 0, reasons: { predict_failed: 3000 } });
    expect(summary.failures).toMatchObject([{ partitions: 7 }]);
  });
});
