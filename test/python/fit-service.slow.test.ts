import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, vi } from "vitest";
import { FitService, type PythonFit } from "../../src/python/fit-service.ts";
import { PythonChild } from "../../src/python/python-child.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { test } from "./python-test.ts";

const PARTITIONS = 1000;

test("partitions that are given one after the other travel many in a message, in order", async ({
  python,
}) => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "train.py"), 'frame = "numpy"\ndef fit(df):\n    return float(df["x"][0])\n');
  const send = vi.spyOn(PythonChild.prototype, "send");
  onTestFinished(() => send.mockRestore());
  const service = new FitService(
    {
      ...{ name: "worker 0", python, blasThreads: 1, params: {}, keyFields: [], folder },
      trainer: { kind: "file", path: join(folder, "train.py") },
      columns: [{ name: "x", type: "double", hasValidity: false, isInteger: false }],
    },
    {
      onStarted: () => undefined,
      onPrinted: () => undefined,
      onEnd: ({ cause }) => expect.unreachable(cause),
      onFailure: (error) => {
        throw error;
      },
    },
  );
  const fits: Promise<PythonFit>[] = [];
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const values = { kind: "numbers" as const, values: Float64Array.of(partition), isValid: null };
    const used = { rowCount: 1, columns: [values] };
    fits.push(service.fit({ used, heldOut: null, key: [], seed: 1 }, { task: 0, partition }));
    await service.untilRoom();
  }
  const outcomes = (await Promise.all(fits)).map(({ outcome }) => outcome);
  expect(outcomes.every((outcome) => "model" in outcome)).toBe(true);
  const messages = send.mock.calls.flatMap(([message]) => (message.type === "fit" ? [message] : []));
  expect(messages.reduce((sum, { partitions }) => sum + partitions.count, 0)).toBe(PARTITIONS);
  // A message takes 64; those at the end may be shorter.
  expect(messages.length).toBeLessThan(PARTITIONS / 64 + 5);
  await service.close();
});
