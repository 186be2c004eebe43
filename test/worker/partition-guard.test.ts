import { describe, expect, test } from "vitest";
import { ALL_ROWS, type RowPolicy } from "../../src/job/policy.ts";
import { DOCUMENT_SCHEMA } from "../../src/run/result-schema.ts";
import type { Trainer } from "../../src/trainer/trainer.ts";
import { PartitionGuard } from "../../src/worker/partition-guard.ts";
import { numbers, rowsOf } from "../trainer/one-partition.ts";

const ROWS = rowsOf(numbers(1, null, 3, 4, 5, Number.NaN));

/** A fit that never ends. */
const ENDLESS: Trainer = {
  resultSchema: DOCUMENT_SCHEMA,
  minRows: 1,
  fitPartition: () => new Promise(() => undefined),
};

describe("a partition that fails by an error that nobody caught", () => {
  test.each<[Partial<RowPolicy>, { rowsUsed: number; rowsDropped: number; rowsHeldOut: number }]>([
    [{ nulls: "keep" }, { rowsUsed: 6, rowsDropped: 0, rowsHeldOut: 0 }],
    [{ nulls: "drop" }, { rowsUsed: 4, rowsDropped: 2, rowsHeldOut: 0 }],
    [
      { nulls: "drop", holdout: { share: 0.5, rows: "random" } },
      { rowsUsed: 2, rowsDropped: 2, rowsHeldOut: 2 },
    ],
    [
      { nulls: "keep", holdout: { share: 0.5, rows: "last" } },
      { rowsUsed: 3, rowsDropped: 0, rowsHeldOut: 3 },
    ],
  ])("counts its rows as the fit would have: %j", async (policy, counts) => {
    const guard = new PartitionGuard();
    const trainer = guard.wrap(ENDLESS, () => [], { ...ALL_ROWS, ...policy });
    const fitted = trainer.fitPartition(ROWS, null);
    expect(guard.take(new Error("thrown by a timer"))).toBe(true);
    expect(await fitted).toMatchObject({
      ...{ state: "failed", code: "trainer_threw", message: "thrown by a timer", rowsRead: 6 },
      ...counts,
    });
  });
});
