import { describe, expect, test } from "vitest";
import type { PartitionResult } from "../../src/trainer/trainer.ts";
import { cappedModel } from "../../src/worker/capped-model.ts";

const COUNTS = { rowsRead: 5, rowsUsed: 4, rowsDropped: 1, rowsHeldOut: 0 };
const CAP = { mostBytes: 6, advice: "make it smaller" };

function fitted(model: string | Uint8Array): PartitionResult {
  return { state: "fitted", document: { model, metrics: { r2: 1 }, warnings: [] }, ...COUNTS };
}

describe("a model", () => {
  test.for([
    ["bytes", new Uint8Array(6)],
    ["text", '"abcd"'],
    ["text of two bytes a letter", '"éé"'],
  ] as const)("of %s that is as large as may be stays", ([, model]) => {
    const result = fitted(model);
    expect(cappedModel(result, CAP)).toBe(result);
  });

  test.for([
    ["bytes", new Uint8Array(7), 7],
    ["text", '"abcde"', 7],
    ["text of two bytes a letter", '"ééé"', 8],
  ] as const)("of %s that is larger is a failure with its size and what to do", ([, model, bytes]) => {
    expect(cappedModel({ ...fitted(model), time: { startedAtMs: 1, durationMs: 2 } }, CAP)).toEqual({
      ...{ state: "failed", code: "model_too_large", stack: null, ...COUNTS },
      time: { startedAtMs: 1, durationMs: 2 },
      message: `model has ${bytes} bytes, at most 6 are allowed here; make it smaller`,
    });
  });

  test("may be as large as it is where nobody says how large", () => {
    const result = fitted(new Uint8Array(1000));
    expect(cappedModel(result, null)).toBe(result);
  });

  test("that is no document, or none, is none of its business", () => {
    const failed = { state: "failed", code: "trainer_threw", message: "no", stack: null, ...COUNTS } as const;
    expect(cappedModel(failed, CAP)).toBe(failed);
  });
});
