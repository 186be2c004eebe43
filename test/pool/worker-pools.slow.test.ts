import { spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ALL_ROWS } from "../../src/job/policy.ts";
import { Dispatcher } from "../../src/pool/dispatcher.ts";
import { ProcessPool } from "../../src/pool/process-pool.ts";
import { ThreadPool } from "../../src/pool/thread-pool.ts";
import { WorkQueue } from "../../src/pool/work-queue.ts";
import type { PoolInit, WorkerPool } from "../../src/pool/worker-pool.ts";
import { FIT_STATES } from "../../src/run/fit-state.ts";
import type { ResultBatch } from "../../src/run/result-batch.ts";
import { DOCUMENT_SCHEMA } from "../../src/run/result-schema.ts";
import type { RunEvent } from "../../src/run/run-event.ts";
import { answeredCount, foldEvent, INITIAL_RUN_STATE } from "../../src/run/run-state.ts";
import { linearRegression } from "../../src/trainer/linear-regression.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { bundledText } from "../worker/bundled-text.ts";
import { MADE_COLUMNS, madeBucket } from "../worker/made-bucket.ts";

const ENTRY = createRequire(import.meta.url).resolve("#worker-process");

const PARTITIONS = 120;

function moduleInit(path: string): PoolInit {
  return {
    trainer: { kind: "module", path, params: {} },
    readColumns: MADE_COLUMNS,
    keyFields: [],
    seed: 1,
    rowPolicy: ALL_ROWS,
    filePlan: null,
  };
}

const fitText = (body: string, before = ""): string => `
  ${before}
  const wait = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds));
  export default defineTrainer({
    columns: ["x", "y"],
    async fit({ table }) {
      const at = Math.floor(table.numbers("x")[0]);
      ${body}
      return { model: { at } };
    },
  });`;

interface Ran {
  readonly states: ReadonlyMap<number, string>;
  readonly batches: readonly ResultBatch[];
  readonly events: readonly RunEvent[];
  readonly error: unknown;
}

/** Fits 120 partitions in buckets of 30 on two workers. */
async function run(open: (dispatcher: Dispatcher) => WorkerPool): Promise<Ran> {
  const results = new WorkQueue<RunEvent | ResultBatch>();
  const dispatcher = new Dispatcher({ results, resultSchema: DOCUMENT_SCHEMA });
  const pool = open(dispatcher);
  const states = new Map<number, string>();
  const batches: ResultBatch[] = [];
  const events: RunEvent[] = [];
  let error: unknown = null;
  try {
    dispatcher.attach(pool);
    for (let first = 0; first < PARTITIONS; first += 30) {
      dispatcher.add({ kind: "bucket", bucket: madeBucket(first, 30), keys: null });
    }
    dispatcher.finish();
    for await (const item of results.drain(() => dispatcher.advance())) {
      if (item.type !== "result.batch") events.push(item);
      else {
        batches.push(item);
        for (const [row, partition] of item.partition.entries()) {
          if (states.has(partition)) throw new Error(`partition ${partition} was answered twice`);
          states.set(partition, FIT_STATES[item.state[row]!]!);
        }
      }
    }
  } catch (thrown) {
    error = thrown;
  } finally {
    await pool.close();
  }
  return { states, batches, events, error };
}

/** Processes that have a text in their command line. */
function processesWith(text: string): string[] {
  const { stdout } = spawnSync("ps", ["-eo", "pid,ppid,stat,args"], { encoding: "utf8" });
  return stdout
    .split("\n")
    .filter((line) => line.includes(text) && line.includes(` ${process.pid} `) && !/ Z/.test(line));
}

describe("processes", () => {
  test("cost a run exactly the partitions that end them, however they do", async () => {
    const path = await bundledText(
      fitText(`
        if (at === 7) process.exit(3);
        if (at === 41) process.kill(process.pid, "SIGKILL");
        if (at === 83) process.abort();
        if (at === 84) setTimeout(() => process.exit(1), 1), await wait(1000);
        if (at === 100) throw new Error("only this");`),
    );
    const { states, batches, events, error } = await run(
      (listener) => new ProcessPool(2, { entry: ENTRY, init: moduleInit(path) }, listener),
    );
    expect(error).toBe(null);
    expect(states.size).toBe(PARTITIONS);
    const others = [...states].filter(([, state]) => state !== "fitted").sort(([a], [b]) => a - b);
    expect(others).toEqual([
      [7, "lost"],
      [41, "lost"],
      [83, "lost"],
      [84, "lost"],
      [100, "failed"],
    ]);
    const errors = batches.flatMap((batch) =>
      batch.errors.map((remark) => ({ attempt: batch.attempt, ...remark })),
    );
    const lost = errors.filter(({ code }) => code === "worker_died");
    expect(lost.map(({ message }) => message.replace(/^worker [01] /, "")).sort()).toEqual([
      "ended by process.exit(1) or exit code 1 while it was fitted, twice",
      "ended by process.exit(3) or exit code 3 while it was fitted, twice",
      "ended by signal SIGABRT while it was fitted, twice",
      "ended by signal SIGKILL while it was fitted, twice",
    ]);
    expect(lost.every(({ attempt }) => attempt > 0)).toBe(true);
    const state = events.reduce(foldEvent, INITIAL_RUN_STATE);
    expect(answeredCount(state.counts)).toBe(PARTITIONS);
    expect(state.counts).toMatchObject({ lost: 4, failed: 1 });
    expect(state.attemptsLost).toBe(8);
  });

  test("try a partition again whose worker was killed from outside, and fit it", async () => {
    const folder = temporaryFolder();
    // The first worker that comes to partition 50 leaves a file behind; the second one finds it.
    const path = await bundledText(
      fitText(
        `if (at === 50 && !existsSync(mark)) { writeFileSync(mark, ""); process.kill(process.pid, "SIGKILL"); await wait(1000); }`,
        `import { existsSync, writeFileSync } from "node:fs"; const mark = ${JSON.stringify(join(folder, "mark"))};`,
      ),
    );
    const { states, batches } = await run(
      (listener) => new ProcessPool(2, { entry: ENTRY, init: moduleInit(path) }, listener),
    );
    expect([...states.values()].filter((state) => state !== "fitted")).toEqual([]);
    const attempts = batches
      .filter(({ partition }) => partition.includes(50))
      .map(({ attempt, partition }) => [attempt, partition.length]);
    expect(attempts).toEqual([[1, 1]]);
  });

  test("end a run whose workers die before they fit anything, with what they wrote last", async () => {
    const path = await bundledText(fitText("", `console.error("licence is missing"); process.exit(4);`));
    const { error } = await run(
      (listener) => new ProcessPool(2, { entry: ENTRY, init: moduleInit(path) }, listener),
    );
    expect(error).toMatchObject({ code: "worker_failed" });
    expect((error as Error).message).toMatch(
      /^worker \d ended by process.exit\(4\) or exit code 4, the 3rd worker in a row to end before it fitted anything; it wrote last:\nlicence is missing$/,
    );
  });

  test("end a run with what a worker says of its trainer", async () => {
    const path = await bundledText(fitText("", `throw new Error("not today");`));
    const { error } = await run(
      (listener) => new ProcessPool(1, { entry: ENTRY, init: moduleInit(path) }, listener),
    );
    expect(error).toMatchObject({ code: "trainer_invalid", message: expect.stringMatching(/not today/) });
  });

  test("are all gone when their pool is closed, in an endless loop or not", async () => {
    const path = await bundledText(fitText("for (;;) {}"));
    const results = new WorkQueue<RunEvent | ResultBatch>();
    const dispatcher = new Dispatcher({ results, resultSchema: DOCUMENT_SCHEMA });
    const pool = new ProcessPool(2, { entry: ENTRY, init: moduleInit(path) }, dispatcher);
    dispatcher.attach(pool);
    dispatcher.add({ kind: "bucket", bucket: madeBucket(0, 3), keys: null });
    await new Promise((soon) => setTimeout(soon, 300));
    expect(processesWith(ENTRY).length).toBe(2);
    await pool.close();
    expect(processesWith(ENTRY)).toEqual([]);
  });

  test("that cannot be started fail the run", async () => {
    const { execPath } = process;
    process.execPath = "/there/is/no/node";
    try {
      const { error } = await run(
        (listener) => new ProcessPool(1, { entry: ENTRY, init: moduleInit("/x") }, listener),
      );
      expect(error).toMatchObject({
        code: "worker_failed",
        message: expect.stringMatching(/worker 0 could not be started: .*ENOENT/),
      });
    } finally {
      process.execPath = execPath;
    }
  });
});

describe("threads", () => {
  const init: PoolInit = {
    ...moduleInit(""),
    rowPolicy: { ...ALL_ROWS, nulls: "drop" },
    trainer: {
      kind: "estimator",
      spec: linearRegression({ target: "y", features: ["x"] }),
      columns: { features: ["x"], target: "y", weights: null },
    },
  };

  test.each([
    ["ends", "process.exit(5);", /worker 0 ended early, with code 5/],
    ["throws", `throw new Error("broken beyond repair");`, /worker 0 failed: broken beyond repair/],
  ])("fail the run when one %s", async (_, text, expected) => {
    const entry = join(temporaryFolder(), "thread.mjs");
    await writeFile(entry, text);
    const { error } = await run((listener) => new ThreadPool(1, entry, init, listener));
    expect(error).toMatchObject({ code: "worker_failed", message: expect.stringMatching(expected) });
  });

  test("answer every partition once", async () => {
    const entry = createRequire(import.meta.url).resolve("#worker-thread");
    const { states, error } = await run((listener) => new ThreadPool(2, entry, init, listener));
    expect(error).toBe(null);
    expect(states.size).toBe(PARTITIONS);
    expect(new Set(states.values())).toEqual(new Set(["fitted"]));
  });
});
