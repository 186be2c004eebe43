import { closeSync, openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ALL_ROWS } from "../../src/job/policy.ts";
import type { StoredPartition } from "../../src/protocol/stored-rows.ts";
import { BUILT_IN_ESTIMATORS } from "../../src/trainer/built-in-estimators.ts";
import { createTrainer } from "../../src/trainer/create-trainer.ts";
import { linearRegression } from "../../src/trainer/linear-regression.ts";
import { fitStored } from "../../src/worker/fit-stored.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const trainer = createTrainer(
  linearRegression({ target: "y", features: ["x"] }),
  { features: ["x"], target: "y", weights: null },
  BUILT_IN_ESTIMATORS,
  { rowPolicy: { ...ALL_ROWS, nulls: "drop" }, seed: 1 },
);

/** Ten rows of `y = 2x + 1` in two blocks of five, of which the last `missing` bytes are not in the file. */
function storedRows(descriptor: number): StoredPartition {
  const rows = { columnCount: 2, blockRows: 5 };
  return {
    partition: 3,
    descriptor,
    rowsRead: 10,
    used: { ...rows, rowCount: 10, offsets: Float64Array.of(0, 80) },
    heldOut: { ...rows, rowCount: 0, offsets: new Float64Array(0) },
    firstUnusable: null,
  };
}

function fitFile(missing: number): ReturnType<typeof fitStored> {
  const path = join(temporaryFolder(), "rows");
  const block = (first: number): number[] => {
    const x = Array.from({ length: 5 }, (_, i) => first + i);
    return [...x, ...x.map((value) => 2 * value + 1)];
  };
  const bytes = new Uint8Array(Float64Array.from([...block(0), ...block(5)]).buffer);
  writeFileSync(path, bytes.subarray(0, bytes.length - missing));
  const descriptor = openSync(path, "r");
  try {
    return fitStored(trainer, storedRows(descriptor));
  } finally {
    closeSync(descriptor);
  }
}

test("rows in a file are fitted block by block", () => {
  expect(fitFile(0)).toMatchObject({ state: "fitted", rowsRead: 10, rowsUsed: 10 });
});

test("rows that cannot be read back are no fault of their partition", () => {
  expect(() => fitFile(8)).toThrow(/rows in the temporary file end at 152, before 160/);
});
