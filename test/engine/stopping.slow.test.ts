import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Engine } from "../../src/engine/engine.ts";
import type { Job, TrainerSpec } from "../../src/job/job.ts";
import { type OpenedEngine, openEngine } from "../../src/open-engine.ts";
import { linearRegression } from "../../src/trainer/linear-regression.ts";
import { PLAIN_JOB, plainSource } from "../plain-job.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { NEVER } from "./collect-run.ts";

const ENTRY = join(import.meta.dirname, "../../dist/open-engine.js");

/** A trainer that writes its process id into a folder as soon as it is loaded. */
function trainer(folder: string, fit: string, top = ""): TrainerSpec {
  const module = join(folder, "trainer.ts");
  writeFileSync(
    module,
    `import { writeFileSync } from "node:fs";
     import { defineTrainer } from "manyfit";
     writeFileSync(${JSON.stringify(folder)} + "/pid-" + process.pid, "");
     ${top}
     export default defineTrainer({ columns: ["x"], fit: async () => { ${fit} } });`,
  );
  return { module, params: {} };
}

function pids(folder: string): number[] {
  return readdirSync(folder)
    .filter((name) => name.startsWith("pid-"))
    .map((name) => Number(name.slice("pid-".length)));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((soon) => setTimeout(soon, 20));
}

function jobOf(folder: string, spec: TrainerSpec, rows: number): Job {
  const path = join(folder, "rows.csv");
  const lines = Array.from({ length: rows }, (_, i) => `${i},${i % 7},${i % 3}`);
  writeFileSync(path, ["k,x,y", ...lines, ""].join("\n"));
  const source = plainSource([path]);
  return { source, partitioning: { kind: "by", columns: ["k"] }, trainer: spec, seed: 1, ...PLAIN_JOB };
}

/** Opens an engine of two workers for a test, and closes it whatever comes. */
async function withEngine(body: (engine: Engine) => Promise<void>): Promise<void> {
  const opened: OpenedEngine = await openEngine(2);
  try {
    await body(opened.engine);
  } finally {
    await opened.close();
  }
}

const HANGS = ["await new Promise(() => setInterval(() => undefined, 1000));", "for (;;);"];

describe("a trainer that is never done with being imported", () => {
  test.each(HANGS)(
    "does not keep an interrupted run waiting: %s",
    async (top) => {
      const folder = temporaryFolder();
      await withEngine(async (engine) => {
        const controller = new AbortController();
        const job = jobOf(folder, trainer(folder, "", top), 10);
        const inspected = engine.inspect(job, () => undefined, controller.signal);
        const refused = expect(inspected).rejects.toMatchObject({ code: "interrupted" });
        await until(() => pids(folder).length > 0);
        controller.abort();
        await refused;
        expect(pids(folder).filter(isAlive)).toEqual([]);
      });
    },
    20_000,
  );

  test("ends when its engine is closed", async () => {
    const folder = temporaryFolder();
    const opened = await openEngine(2);
    const inspected = opened.engine.inspect(
      jobOf(folder, trainer(folder, "", HANGS[0]), 10),
      () => undefined,
      NEVER,
    );
    const refused = expect(inspected).rejects.toMatchObject({ code: "interrupted" });
    await until(() => pids(folder).length > 0);
    await opened.close();
    await refused;
    expect(pids(folder).filter(isAlive)).toEqual([]);
  }, 20_000);
});

describe("a trainer that is never done with being imported into the caller's thread", () => {
  test.each(["aborted", "closed"])(
    "does not keep an inspection waiting that is %s",
    async (how) => {
      const folder = temporaryFolder();
      const opened = await openEngine(0);
      const job = jobOf(folder, trainer(folder, "", "await new Promise(() => undefined);"), 10);
      const controller = new AbortController();
      const inspected = opened.engine.inspect(job, () => undefined, controller.signal);
      const refused = expect(inspected).rejects.toMatchObject({ code: "interrupted" });
      await until(() => pids(folder).length > 0);
      if (how === "aborted") controller.abort();
      else await opened.close();
      await refused;
      await opened.close();
    },
    20_000,
  );
});

describe("an engine that is closed while its run waits to be asked for more", () => {
  test("leaves no worker process behind", async () => {
    const folder = temporaryFolder();
    const opened = await openEngine(2);
    const job = jobOf(folder, trainer(folder, "await new Promise((done) => setTimeout(done, 5));"), 3000);
    await opened.engine.inspect(job, () => undefined, NEVER);
    const described = pids(folder);
    const items = opened.engine.run(NEVER)[Symbol.asyncIterator]();
    await items.next();
    await items.next();
    await until(() => pids(folder).length > described.length);
    await opened.close();
    expect(pids(folder).filter(isAlive)).toEqual([]);
    await opened.engine.close();
  });

  test("ends what is asked for at that moment with interrupted", async () => {
    const folder = temporaryFolder();
    const opened = await openEngine(2);
    const job = jobOf(folder, trainer(folder, "await new Promise(() => undefined);"), 30);
    await opened.engine.inspect(job, () => undefined, NEVER);
    const drained = (async () => {
      for await (const _ of opened.engine.run(NEVER));
    })();
    const refused = expect(drained).rejects.toMatchObject({ code: "interrupted" });
    await opened.close();
    await refused;
  });

  test("leaves no thread that keeps the process alive", () => {
    const folder = temporaryFolder();
    const job = jobOf(folder, linearRegression({ target: "y" }), 3000);
    const script = `
      const { openEngine } = await import(${JSON.stringify(ENTRY)});
      const opened = await openEngine(2);
      const never = new AbortController().signal;
      await opened.engine.inspect(${JSON.stringify(job)}, () => undefined, never);
      const items = opened.engine.run(never)[Symbol.asyncIterator]();
      while ((await items.next()).value.type !== "task.started");
      await opened.close();`;
    const path = join(folder, "close.mjs");
    writeFileSync(path, script);
    const { status, stderr } = spawnSync(process.execPath, [path], { timeout: 20_000, encoding: "utf8" });
    expect([status, stderr]).toEqual([0, ""]);
  });
});

describe("a trainer in the caller's thread whose promise is never kept", () => {
  test.each(["aborted", "closed"])(
    "does not keep a run waiting that is %s",
    async (how) => {
      const folder = temporaryFolder();
      const opened = await openEngine(0);
      const job = jobOf(folder, trainer(folder, "await new Promise(() => undefined);"), 30);
      await opened.engine.inspect(job, () => undefined, NEVER);
      const controller = new AbortController();
      const items = opened.engine.run(controller.signal)[Symbol.asyncIterator]();
      while ((await items.next()).value?.type !== "task.started");
      const refused = expect(items.next()).rejects.toMatchObject({ code: "interrupted" });
      if (how === "aborted") controller.abort();
      else await opened.close();
      await refused;
      await opened.close();
    },
    20_000,
  );
});

test("threads start from a program that Node was given as text", () => {
  const folder = temporaryFolder();
  const { source } = jobOf(folder, linearRegression({ target: "y" }), 30);
  const index = join(ENTRY, "../index.js");
  const script = `
    const { linearRegression, train } = await import(${JSON.stringify(index)});
    const trainer = linearRegression({ target: "y", features: ["x"] });
    const options = { source: ${JSON.stringify(source.paths)}, by: "k", workers: 2, runs: ${JSON.stringify(folder)} };
    const run = await train({ ...options, trainer });
    console.log(run.status);
    await run.close();`;
  const args = ["--input-type=module", "--eval", script];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  expect([stdout, stderr]).toEqual(["committed\n", ""]);
});

test("a process that ends without closing its engine leaves nothing in the temporary folder", () => {
  const folder = temporaryFolder();
  const temporary = join(folder, "tmp");
  mkdirSync(temporary);
  const job = jobOf(folder, trainer(folder, "return { model: 1 };"), 10);
  const script = `
    import { readdirSync } from "node:fs";
    const { openEngine } = await import(${JSON.stringify(ENTRY)});
    const opened = await openEngine(2);
    await opened.engine.inspect(${JSON.stringify(job)}, () => undefined, new AbortController().signal);
    console.log(readdirSync(process.env.TMPDIR).length);
    process.exit(7);`;
  const ended = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    encoding: "utf8",
    env: { ...process.env, TMPDIR: temporary },
  });
  expect([ended.status, ended.stdout]).toEqual([7, "1\n"]);
  expect(readdirSync(temporary)).toEqual([]);
});

test("more workers than the system has descriptors for are refused, and none is left behind", () => {
  const folder = temporaryFolder();
  const job = jobOf(folder, trainer(folder, "return { model: 1 };"), 500_000);
  const script = `
    const { openEngine } = await import(${JSON.stringify(ENTRY)});
    const opened = await openEngine(40);
    const never = new AbortController().signal;
    await opened.engine.inspect(${JSON.stringify(job)}, () => undefined, never);
    try {
      for await (const _ of opened.engine.run(never));
    } catch (error) {
      console.log(error.code, error.message);
    }
    await opened.close();`;
  const path = join(folder, "many-workers.mjs");
  writeFileSync(path, script);
  const { status, stdout } = spawnSync("sh", ["-c", `ulimit -n 90; exec "${process.execPath}" "${path}"`], {
    timeout: 60_000,
    encoding: "utf8",
  });
  expect(stdout).toMatch(/^worker_failed worker \d+ could not be started: .*--workers/);
  expect(status).toBe(0);
  expect(pids(folder).filter(isAlive)).toEqual([]);
});
