import { describe, expect, test } from "vitest";
import { abortableTrainer } from "../../src/engine/local/abortable-trainer.ts";
import { DOCUMENT_SCHEMA } from "../../src/run/result-schema.ts";
import type { PartitionResult, PredictingTrainer } from "../../src/trainer/trainer.ts";
import { unreadPartition } from "../../src/trainer/unread-partition.ts";

const ROWS = { rowCount: 0, columns: [] };
const RESULT = unreadPartition("some_code", "some words");

function trainer(fitPartition: PredictingTrainer["fitPartition"]): PredictingTrainer {
  return {
    resultSchema: DOCUMENT_SCHEMA,
    minRows: 1,
    fitPartition,
    predictPartition: () => new Promise(() => undefined),
  };
}

describe("a trainer in the caller's thread", () => {
  test("gives what it would give, and leaves no listener", async () => {
    const { signal } = new AbortController();
    let listeners = 0;
    const { addEventListener, removeEventListener } = AbortSignal.prototype;
    signal.addEventListener = (...told: Parameters<typeof addEventListener>) => {
      listeners++;
      addEventListener.apply(signal, told);
    };
    signal.removeEventListener = (...told: Parameters<typeof removeEventListener>) => {
      listeners--;
      removeEventListener.apply(signal, told);
    };
    const at = (fit: () => PartitionResult | Promise<PartitionResult>) =>
      abortableTrainer(trainer(fit), signal).fitPartition(ROWS, null);
    expect(at(() => RESULT)).toBe(RESULT);
    expect(await at(async () => RESULT)).toBe(RESULT);
    await expect(at(async () => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
    expect(listeners).toBe(0);
  });

  test.each(["fit", "predict"])("is not waited for when the run is stopped: %s", async (doing) => {
    const stopping = new AbortController();
    const stuck = abortableTrainer(
      trainer(() => new Promise(() => undefined)),
      stopping.signal,
    );
    const result =
      doing === "fit" ? stuck.fitPartition(ROWS, null) : stuck.predictPartition(ROWS, null, "model");
    const refused = expect(result).rejects.toThrow("enough");
    stopping.abort(new Error("enough"));
    await refused;
    await expect(stuck.fitPartition(ROWS, null)).rejects.toThrow("enough");
  });
});
