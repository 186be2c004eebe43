import { describe, expect, test } from "vitest";
import { runTrainer } from "./run-trainer.ts";

/** A trainer whose import waits for ever. */
const BEFORE = "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);";

describe("a trainer that is never loaded in worker processes", () => {
  test("ends the run, and no partition is blamed", async () => {
    const loading = { name: "trainer ./trainer.ts", withinMs: 600 };
    const run = await runTrainer({ before: BEFORE, body: "", limits: { timeoutMs: 100, loading } });
    expect(run.answers.size).toBe(0);
    expect(String((run.error as Error | null)?.message)).toMatch(
      /^trainer \.\/trainer\.ts did not load within 0\.6 s in worker [01]: what runs while it is imported must come to an end$/,
    );
    expect(run.left).toEqual([]);
  });

  test("has all the time where there is no limit", async () => {
    const before = "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 400);";
    const run = await runTrainer({ before, body: "", partitions: 2, limits: { timeoutMs: 100 } });
    expect(run.error).toBeNull();
    expect([...run.answers.values()].map(({ state }) => state)).toEqual(["fitted", "fitted"]);
  });
});
