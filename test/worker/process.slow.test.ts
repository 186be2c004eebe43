import { spawn, spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import type { Duplex } from "node:stream";
import { afterEach, describe, expect, test } from "vitest";
import { ALL_ROWS } from "../../src/job/policy.ts";
import type { WorkerDeath } from "../../src/pool/worker-pool.ts";
import { WorkerProcess } from "../../src/pool/worker-process.ts";
import { encodeFrame } from "../../src/protocol/frame.ts";
import { type EngineMessage, PROTOCOL_VERSION } from "../../src/protocol/message.ts";
import { FIT_STATES } from "../../src/run/fit-state.ts";
import { bundledText } from "./bundled-text.ts";
import { MADE_COLUMNS, madeBucket } from "./made-bucket.ts";
import { Talk } from "./talk.ts";

const ENTRY = createRequire(import.meta.url).resolve("#worker-process");

/** A trainer whose partition is `at`, the whole part of its first x; `body` is the rest of `fit`. */
function trainerText(body: string, before = ""): string {
  return `
    import { writeSync } from "node:fs";
    import { spawn } from "node:child_process";
    const wait = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds));
    ${before}
    export default defineTrainer({
      columns: ["x", "y"],
      async fit({ table }) {
        const at = Math.floor(table.numbers("x")[0]);
        ${body}
        return { model: { at } };
      },
    });`;
}

let open: WorkerProcess[] = [];

afterEach(async () => {
  await Promise.all(open.map((worker) => worker.kill()));
  open = [];
});

/** Ten partitions to be fitted. */
const TASK: EngineMessage = {
  type: "data",
  task: 0,
  attempt: 0,
  bucket: madeBucket(0, 10),
  from: 0,
  to: 10,
  keys: null,
};

function initOf(path: string): EngineMessage {
  return {
    type: "init",
    version: PROTOCOL_VERSION,
    worker: 0,
    trainer: { kind: "module", path, params: {} },
    readColumns: MADE_COLUMNS,
    keyFields: [],
    seed: 1,
    rowPolicy: ALL_ROWS,
    filePlan: null,
  };
}

interface Asked {
  readonly talk: Talk;
  readonly died: Promise<WorkerDeath>;
  readonly worker: WorkerProcess;
}

/** A worker with a bundled module as its trainer that is given one task of ten partitions. */
async function ask(path: string): Promise<Asked> {
  const talk = new Talk();
  let die: (death: WorkerDeath) => void;
  const died = new Promise<WorkerDeath>((told) => {
    die = told;
  });
  const worker = new WorkerProcess("worker 0", ENTRY, {
    onMessage: (message) => talk.hear(message),
    onDeath: (death) => die(death),
    onFailure: (error) => {
      throw error;
    },
  });
  open.push(worker);
  worker.send(initOf(path));
  worker.send(TASK);
  return { talk, died, worker };
}

/** States by partition, and errors, of all results so far. */
function outcome(talk: Talk): {
  states: string[];
  errors: { partition: number; code: string; message: string; stack: string | null }[];
} {
  const batches = talk.of("result").map(({ batch }) => batch);
  return {
    states: batches.flatMap(({ state }) => Array.from(state, (code) => FIT_STATES[code]!)),
    errors: batches.flatMap(({ errors, partition }) =>
      errors.map(({ row, code, message, stack }) => ({ partition: partition[row]!, code, message, stack })),
    ),
  };
}

function logsOf(talk: Talk): string[] {
  return talk.of("logged").map(({ stream, partition, text }) => `${stream} ${partition}: ${text.trimEnd()}`);
}

const allFittedBut = (failed: number): string[] =>
  Array.from({ length: 10 }, (_, i) => (i === failed ? "failed" : "fitted"));

describe("a worker process", () => {
  test("tells everything that was said before process.exit", async () => {
    const path = await bundledText(trainerText(`if (at === 4) { console.log("leaving"); process.exit(3); }`));
    const { talk, died } = await ask(path);
    expect((await died).cause).toBe("worker 0 ended by process.exit(3) or exit code 3");
    expect(talk.of("started").map(({ partition }) => partition)).toEqual([0, 1, 2, 3, 4]);
    expect(logsOf(talk)).toEqual(["stdout 4: leaving"]);
  });

  test("tells what was at work before it was killed or aborted, and what it wrote last", async () => {
    const killed = await ask(
      await bundledText(trainerText(`if (at === 2) process.kill(process.pid, "SIGKILL");`)),
    );
    expect(await killed.died).toMatchObject({
      cause: "worker 0 ended by signal SIGKILL",
      lastWords: "",
      end: null,
    });
    expect(killed.talk.of("started").at(-1)).toMatchObject({ task: 0, partition: 2 });
    const aborted = await ask(
      await bundledText(trainerText(`if (at === 7) { console.error("no!"); process.abort(); }`)),
    );
    const { cause, lastWords } = await aborted.died;
    expect(cause).toBe("worker 0 ended by signal SIGABRT");
    expect(lastWords).toMatch(/^no!/);
    expect(aborted.talk.of("started").at(-1)).toMatchObject({ partition: 7 });
  });

  test("takes nothing that is printed for an answer, and says whose it is", async () => {
    const body = `
      if (at === 1) { console.log("plain", { n: 1 }); console.error("bad"); process.stdout.write(Buffer.from("é")); }
      if (at === 2) { writeSync(1, "from below\\n"); await new Promise((done) => process.stderr.write("done\\n", done)); }`;
    const { talk } = await ask(await bundledText(trainerText(body)));
    await talk.tasks(1);
    await talk.until(() => talk.of("logged").length === 5);
    expect(outcome(talk).states).toEqual(allFittedBut(-1));
    expect(logsOf(talk).sort()).toEqual([
      "stderr 1: bad",
      "stderr 2: done",
      "stdout 1: plain { n: 1 }",
      "stdout 1: é",
      "stdout null: from below",
    ]);
  });

  test("fails the partition whose timer throws while it is at work, and no other", async () => {
    const body = `if (at === 3) { setTimeout(() => { throw new RangeError("late"); }, 5); await new Promise(() => {}); }`;
    const { talk } = await ask(await bundledText(trainerText(body)));
    await talk.tasks(1);
    const { states, errors } = outcome(talk);
    expect(states).toEqual(allFittedBut(3));
    expect(errors).toMatchObject([{ partition: 3, code: "trainer_threw", message: "late" }]);
    expect(errors[0]!.stack).toMatch(/^RangeError: late\n {4}at .*trainer\.ts:\d+/);
  });

  test("fails the partition at work whose promise nobody awaits", async () => {
    const body = `if (at === 5) { void (async () => { await 1; throw new Error("unawaited"); })(); await wait(200); }`;
    const { talk } = await ask(await bundledText(trainerText(body)));
    await talk.tasks(1);
    expect(outcome(talk).states).toEqual(allFittedBut(5));
    expect(outcome(talk).errors).toMatchObject([
      { partition: 5, code: "trainer_threw", message: "unawaited" },
    ]);
  });

  test("fails nobody by an error of a partition that was answered already, but says it", async () => {
    const body = `
      if (at === 1) setTimeout(() => { throw new Error("too late"); }, 20);
      if (at === 2) await wait(150);`;
    const { talk } = await ask(await bundledText(trainerText(body)));
    await talk.tasks(1);
    expect(outcome(talk)).toEqual({ states: allFittedBut(-1), errors: [] });
    expect(logsOf(talk)).toEqual([
      expect.stringMatching(/^stderr null: error that nobody caught, .*Error: too late\n/),
    ]);
  });

  test("says an error between tasks and goes on", async () => {
    const body = `if (at === 9) setTimeout(() => Promise.reject("between"), 50);`;
    const { talk, worker } = await ask(await bundledText(trainerText(body)));
    await talk.until(() => talk.of("logged").length > 0);
    expect(logsOf(talk)).toEqual([expect.stringMatching(/of no partition at work: between$/)]);
    worker.send({ type: "data", task: 1, attempt: 0, bucket: madeBucket(0, 3), from: 0, to: 3, keys: null });
    await talk.tasks(2);
    expect(outcome(talk).states.length).toBe(13);
  });

  test("counts as dead when its trainer writes into its pipe", async () => {
    const { died } = await ask(
      await bundledText(
        trainerText(`if (at === 1) { writeSync(4, "nonsense".repeat(9)); await wait(5000); }`),
      ),
    );
    const { cause, lastWords } = await died;
    expect(cause).toBe("worker 0 sent what cannot be read");
    expect(lastWords).toMatch(/the stream is damaged/);
  });

  test("is dead although a process that it started lives on with its output", async () => {
    const body = `if (at === 1) {
      spawn(process.execPath, ["-e", "setTimeout(() => {}, 20000)"], { stdio: ["ignore", 1, 2] });
      await wait(100);
      process.exit(5);
    }`;
    const { died } = await ask(await bundledText(trainerText(body)));
    const before = Date.now();
    expect((await died).cause).toMatch(/exit code 5/);
    expect(Date.now() - before).toBeLessThan(5000);
  });

  test("describes a trainer, and says what is wrong with one", async () => {
    const schema = [
      { name: "x", type: "double" },
      { name: "y", type: "double" },
      { name: "z", type: "text" },
    ] as const;
    const said: unknown[] = [];
    for (const text of [
      trainerText(""),
      trainerText("", `throw new Error("at import");`),
      trainerText("", "process.exit(9);"),
    ]) {
      const path = await bundledText(text);
      said.push(
        await new Promise((done) => {
          const worker = new WorkerProcess("its process", ENTRY, {
            onMessage: done,
            onDeath: done,
            onFailure: done,
          });
          open.push(worker);
          worker.send({ type: "describe", path, params: {}, schema });
        }),
      );
    }
    expect(said).toMatchObject([
      { type: "described", columns: ["x", "y"], hasPredict: false },
      { type: "broken", code: "trainer_invalid", message: expect.stringMatching(/at import/) },
      { cause: "its process ended by process.exit(9) or exit code 9" },
    ]);
  });

  test("leaves it to its engine what Ctrl-C means", async () => {
    const { talk } = await ask(
      await bundledText(trainerText(`if (at === 6) process.kill(process.pid, "SIGINT"), await wait(50);`)),
    );
    await talk.tasks(1);
    expect(outcome(talk)).toEqual({ states: allFittedBut(-1), errors: [] });
  });

  test("fails at a message that cannot be sent, and hears of it in the listener", async () => {
    const failed = new Promise<unknown>((told) => {
      const other = new WorkerProcess("worker 1", ENTRY, { onMessage: told, onDeath: told, onFailure: told });
      open.push(other);
      other.send({ type: "describe", path: "", params: { bad: Number.NaN }, schema: [] });
    });
    expect(await failed).toMatchObject({ code: "internal", message: expect.stringMatching(/number NaN/) });
  });

  test("predicts with each partition's model, and fails those whose code throws where nobody catches", async () => {
    const text = `
      export default defineTrainer({
        columns: ["x", "y"],
        fit: () => ({ model: { plus: 0 } }),
        async predict({ model, table }) {
          if (model.plus < 0) {
            setTimeout(() => { throw new Error("no prediction"); }, 5);
            await new Promise(() => {});
          }
          return { y: table.numbers("x").map((x) => x + model.plus) };
        },
      });`;
    const { talk, worker } = await ask(await bundledText(text));
    const models = ['{"plus":10}', null, '{"plus":-1}', '{"plus":20}'];
    worker.send({
      type: "score",
      task: 5,
      attempt: 0,
      bucket: madeBucket(0, 4),
      from: 0,
      to: 4,
      keys: null,
      models,
    });
    await talk.until(() => talk.of("scored").length > 0);
    expect(talk.of("broken")).toEqual([]);
    const predicted = talk.of("predicted").map(({ batch }) => [batch.task, batch.partition, batch.result]);
    const numbers = (first: number) => ({
      columns: [
        {
          name: "y",
          values: { type: "double", values: Float64Array.of(first, first + 0.1, first + 0.2, first + 0.3) },
        },
      ],
    });
    expect(predicted).toMatchObject([
      [5, 0, numbers(10)],
      [5, 2, { failure: { code: "trainer_threw", message: "no prediction" } }],
      [5, 3, numbers(23)],
    ]);
  });

  test("ends by itself when its engine closes the pipe, although its trainer waits for something else", async () => {
    const path = await bundledText(trainerText("await wait(60_000);"));
    const child = spawn(process.execPath, [ENTRY], {
      stdio: ["ignore", "inherit", "inherit", "pipe", "pipe"],
    });
    const ended = new Promise((told) => child.once("exit", (code, signal) => told([code, signal])));
    const [toWorker, fromWorker] = child.stdio.slice(3) as unknown as [Duplex, Duplex];
    for (const message of [initOf(path), TASK])
      for (const piece of encodeFrame(message)) toWorker.write(piece);
    await new Promise((begun) => fromWorker.once("data", begun));
    const closedAt = Date.now();
    toWorker.end();
    expect(await ended).toEqual([0, null]);
    expect(Date.now() - closedAt).toBeLessThan(10_000);
  });

  test("takes a task of many megabytes", async () => {
    const { talk, worker } = await ask(await bundledText(trainerText("")));
    const bucket = madeBucket(0, 300_000);
    worker.send({ type: "data", task: 1, attempt: 0, bucket, from: 299_990, to: 300_000, keys: null });
    await talk.tasks(2);
    expect(talk.of("result").at(-1)!.batch.partition.at(-1)).toBe(299_999);
  });
});

/** A program that starts a worker with a trainer, says the worker's process id, and stays. */
const PARENT = `
  import { WorkerProcess } from ${JSON.stringify(new URL("../../dist/pool/worker-process.js", import.meta.url).href)};
  const [entry, path, columns] = process.argv.slice(1);
  const worker = new WorkerProcess("worker 0", entry, {
    onMessage: (message) => { if (message.type === "logged") process.stdout.write(message.text); },
    onDeath: () => {}, onFailure: () => {},
  });
  const readColumns = JSON.parse(columns);
  worker.send({ type: "init", version: ${PROTOCOL_VERSION}, worker: 0, trainer: { kind: "module", path, params: {} },
    readColumns, keyFields: [], seed: 1, rowPolicy: ${JSON.stringify(ALL_ROWS)}, filePlan: null });
  const columnBytes = 8 * 8 + 8 * 4 + 2 * 8 * 8;
  const bucket = { memory: new ArrayBuffer(columnBytes), rowCount: 8, columns: readColumns, textBytes: [0, 0],
    firstPartition: 0, partitionRows: new Float64Array([8]) };
  worker.send({ type: "data", task: 0, attempt: 0, bucket, from: 0, to: 1, keys: null });
  process.stdin.on("data", () => {});
`;

describe("a worker process whose engine was killed", () => {
  test.each([
    ["while it waits", "await new Promise(() => {});"],
    ["while it is in an endless loop", "for (;;) {}"],
  ])("is gone %s", async (_, body) => {
    const path = await bundledText(trainerText(`console.log(process.pid); ${body}`));
    const parent = spawn(
      process.execPath,
      ["--input-type=module", "-e", PARENT, ENTRY, path, JSON.stringify(MADE_COLUMNS)],
      { stdio: ["pipe", "pipe", "inherit"] },
    );
    const pid = await new Promise<number>((told) => {
      parent.stdout.once("data", (text: Buffer) => told(Number(text.toString())));
    });
    expect(isAlive(pid)).toBe(true);
    parent.kill("SIGKILL");
    const killedAt = Date.now();
    while (isAlive(pid) && Date.now() - killedAt < 10_000) await new Promise((soon) => setTimeout(soon, 50));
    expect(isAlive(pid)).toBe(false);
    expect(Date.now() - killedAt).toBeLessThan(5000);
  });
});

/** Whether a process runs; one that nobody has asked after yet does not. */
function isAlive(pid: number): boolean {
  const { stdout } = spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" });
  return stdout.trim() !== "" && !stdout.startsWith("Z");
}
