import { expect, test } from "vitest";
import { createUserFrames } from "../../src/trainer/user-frames.ts";

test("errors of a bundle without a source map are told by its own lines", () => {
  const frames = createUserFrames("file:///runs/a%20b/bundle.mjs", "export {};\n");
  const stack = [
    "Error: at the top (x:1:2)",
    "    at fit (file:///runs/a%20b/bundle.mjs:3:4)",
    "    at async Promise.all (index 0)",
    "    at /runs/a b/bundle.mjs:5:6",
    "    at fitPartition (file:///manyfit/dist/trainer/module-trainer.js:1:2)",
    "    at process.processTicksAndRejections (node:internal/process/task_queues:105:5)",
  ].join("\n");
  expect(frames(stack)).toEqual([
    "at fit (file:///runs/a%20b/bundle.mjs:3:4)",
    "at /runs/a b/bundle.mjs:5:6",
  ]);
});
