import { describe, expect, test } from "vitest";
import { timedTrainer } from "../../src/engine/local/timed-trainer.ts";
import type { PredictionResult } from "../../src/run/predicted.ts";
import { DOCUMENT_SCHEMA } from "../../src/run/result-schema.ts";
import type { PartitionResult, PredictingTrainer, Trainer } from "../../src/trainer/trainer.ts";

const FITTED: PartitionResult = {
  state: "fitted",
  document: { model: "1", metrics: {}, warnings: [] },
  rowsRead: 1,
  rowsUsed: 1,
  rowsDropped: 0,
  rowsHeldOut: 0,
};
const ROWS = { rowCount: 1, columns: [] };

function trainerOf(fitPartition: Trainer["fitPartition"]): Trainer {
  return { resultSchema: DOCUMENT_SCHEMA, minRows: 0, fitPartition };
}

describe("a trainer with a time limit in the caller's thread", () => {
  test("gives up a fit that never settles, with the result of a worker", async () => {
    const trainer = timedTrainer(
      trainerOf(() => new Promise(() => undefined)),
      20,
    );
    expect(await trainer.fitPartition(ROWS, null)).toEqual({
      state: "timed_out",
      code: "timed_out",
      message: "fit took longer than 20 ms (--timeout)",
      stack: null,
      rowsRead: NaN,
      rowsUsed: NaN,
      rowsDropped: NaN,
      rowsHeldOut: NaN,
    });
  });

  test("hears a fit that ended in time although the thread was busy until after it", async () => {
    const trainer = timedTrainer(
      trainerOf(async () => {
        await new Promise((soon) => setTimeout(soon, 5));
        return FITTED;
      }),
      20,
    );
    const result = trainer.fitPartition(ROWS, null);
    const busyUntil = performance.now() + 60;
    while (performance.now() < busyUntil);
    expect(await result).toBe(FITTED);
  });

  test("gives up a prediction that never settles, and hears one that does", async () => {
    const columns = { columns: [] };
    let predicted: Promise<PredictionResult> = new Promise(() => undefined);
    const predicting: PredictingTrainer = { ...trainerOf(() => FITTED), predictPartition: () => predicted };
    const trainer = timedTrainer(predicting, 20);
    expect(await trainer.predictPartition(ROWS, null, "1")).toEqual({
      failure: { code: "timed_out", message: "predict took longer than 20 ms (--timeout)", stack: null },
    });
    predicted = new Promise((soon) => setTimeout(() => soon(columns), 5));
    expect(await trainer.predictPartition(ROWS, null, "1")).toBe(columns);
  });

  test("is the trainer itself where there is no limit, and waits for nothing where it does not", () => {
    const trainer = trainerOf(() => FITTED);
    expect(timedTrainer(trainer, null)).toBe(trainer);
    expect(timedTrainer(trainer, 1).fitPartition(ROWS, null)).toBe(FITTED);
  });
});
