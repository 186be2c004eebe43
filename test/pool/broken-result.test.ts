import { describe, expect, test } from "vitest";
import { brokenResult } from "../../src/pool/broken-result.ts";
import type { ResultBatch } from "../../src/run/result-batch.ts";
import { DOCUMENT_SCHEMA } from "../../src/run/result-schema.ts";
import type { PartitionResult } from "../../src/trainer/trainer.ts";
import { unreadPartition } from "../../src/trainer/unread-partition.ts";
import { BatchBuilder } from "../../src/worker/batch-builder.ts";

const TIME = { startedAtMs: 1, durationMs: 1 };

/** Partitions 5, 6 and 7: a JSON model, a model of bytes, a failure. */
function batch(): ResultBatch {
  const builder = new BatchBuilder(
    DOCUMENT_SCHEMA,
    { task: 0, worker: 0, attempt: 0 },
    Int32Array.of(5, 6, 7),
  );
  const counts = { rowsRead: 1, rowsUsed: 1, rowsDropped: 0, rowsHeldOut: 0 };
  const fitted = (model: string | Uint8Array): PartitionResult => {
    return { state: "fitted", document: { model, metrics: {}, warnings: [] }, ...counts };
  };
  builder.add(fitted("1"), TIME);
  builder.add(fitted(Uint8Array.of(1)), TIME);
  builder.add(unreadPartition("odd", "odd"), TIME);
  return builder.finish();
}

function withState(row: number, code: number): ResultBatch {
  const made = batch();
  const state = made.state.slice();
  state[row] = code;
  return { ...made, state };
}

describe("what a worker says of its partitions", () => {
  test("makes sense where each fitted one has a model and no other has", () => {
    expect(brokenResult(batch())).toBe(null);
  });

  test.each([
    ["a fitted partition without a model", withState(2, 0), "partition 7 is fitted and has 0 models"],
    ["a model of a partition that failed", withState(0, 2), "partition 5 is failed and has 1 models"],
    ["a state that is none of ours", withState(1, 255), "partition 6 has state 255"],
    [
      "fewer states than partitions",
      { ...batch(), state: new Uint8Array(2) },
      "partition 7 has state undefined",
    ],
  ])("makes none with %s", (_, broken, said) => {
    expect(brokenResult(broken)).toBe(said);
  });
});
