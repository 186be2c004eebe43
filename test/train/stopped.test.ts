import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openEngine } from "../../src/open-engine.ts";
import { openRun } from "../../src/store/open-run.ts";
import { type RunHooks, trainWith } from "../../src/train.ts";
import { requestFrom } from "../../src/train-options.ts";
import { linearRegression } from "../../src/trainer/linear-regression.ts";
import { temporaryFolder } from "../temporary-folder.ts";

/** Trains three stores under the name `night` until a hook ends it; gives the error and the run's folder. */
async function trainUntil(hooks: RunHooks): Promise<{ readonly error: unknown; readonly folder: string }> {
  const folder = temporaryFolder();
  const source = join(folder, "stores.csv");
  const rows = ["a", "b", "c"].flatMap((store) => [1, 2, 3].map((x) => `${store},${x},${x * x}`));
  writeFileSync(source, `${["store,x,y", ...rows].join("\n")}\n`);
  const request = requestFrom({
    ...{ source, by: "store", runs: join(folder, "runs"), name: "night", memory: "2GB", maxFailed: 1 },
    ...{ workers: 0, seed: 7, trainer: linearRegression({ target: "y", features: ["x"] }) },
  });
  const opened = await openEngine(0);
  try {
    const error = await trainWith(opened, request, hooks).then(
      () => null,
      (thrown: unknown) => thrown,
    );
    return { error, folder: join(folder, "runs", "night") };
  } finally {
    await opened.close();
  }
}

describe("a run that stops before its commit", () => {
  test("because of an error in manyfit says that error, and keeps what is needed to do it again", async () => {
    const { error, folder } = await trainUntil({
      onWritePoint: (point) => {
        if (point === "parts.complete") throw new TypeError("x is not a function");
      },
    });
    expect(error).toMatchObject({ code: "internal", message: "x is not a function" });
    const run = await openRun(folder);
    expect(run).toMatchObject({
      status: "stopped",
      leftBehind: {
        stop: { reason: "failed", message: "x is not a function" },
        ...{ answered: 3, partitions: 3, counts: { fitted: 3, failed: 0 } },
        job: {
          run: "night",
          origin: {
            ...{ workingFolder: process.cwd(), memoryBytes: 2e9, memoryPerWorkerBytes: null },
            environment: { workers: 0, engine: "local" },
          },
          job: { seed: 7, policy: { maxFailed: { partitions: 1 } }, partitioning: { columns: ["store"] } },
        },
      },
    });
    const { leftBehind } = run;
    expect(leftBehind!.lastEventAtMs).toBe(leftBehind!.stop!.atMs);
    expect(JSON.parse(readFileSync(join(folder, "sources.ndjson"), "utf8"))).toEqual({
      path: expect.stringMatching(/stores\.csv$/),
      bytes: 64,
      modifiedAtMs: expect.any(Number),
    });
    await run.close();
  });

  test("by its signal says so", async () => {
    const stop = new AbortController();
    const { error, folder } = await trainUntil({
      signal: stop.signal,
      onEvent: (event) => {
        if (event.type === "phase.started" && event.phase === "committing") stop.abort();
      },
    });
    expect(error).toMatchObject({ code: "interrupted" });
    const run = await openRun(folder);
    expect(run.status).toBe("interrupted");
    expect(run.leftBehind!.stop).toMatchObject({ reason: "interrupted", message: "run was interrupted" });
    await run.close();
  });
});
