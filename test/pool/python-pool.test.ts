import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as later } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { ManyfitError } from "../../src/errors.ts";
import { PythonPool } from "../../src/pool/python-pool.ts";
import { type PrestartQuestion, PythonReserve } from "../../src/pool/python-reserve.ts";
import type { PoolInit, WorkerPoolListener } from "../../src/pool/worker-pool.ts";
import { temporaryFolder } from "../temporary-folder.ts";

/** A thread that has no child, and does what a test says when it is told something. */
function threadThat(body: string): string {
  const path = join(temporaryFolder(), "thread.mjs");
  writeFileSync(
    path,
    `import { parentPort } from "node:worker_threads";
import { writeFileSync } from "node:fs";
parentPort.on("message", (message) => {
  if (message.type === "leave") {
    writeFileSync(import.meta.filename + ".left", "");
    process.exit(0);
  }
  ${body}
});
`,
  );
  return path;
}

const INIT = {} as unknown as PoolInit;

/** What a pool tells, of which the first failure is waited for. */
function listenForFailure() {
  let fail: (error: ManyfitError) => void;
  const failure = new Promise<ManyfitError>((resolve) => (fail = resolve));
  const listener = {
    onMessage: () => undefined,
    onDeath: () => undefined,
    onFailure: (error: ManyfitError) => fail(error),
  } as unknown as WorkerPoolListener;
  return { listener, failure };
}

/** Entries of threads, the one after the other. */
function threadsOf(entries: readonly string[]) {
  let next = 0;
  return {
    reserve: null,
    get entry(): string {
      return entries[next++]!;
    },
  };
}

/** What no thread can be started from: it is neither absolute nor begins with a dot. */
const NO_ENTRY = "thread.mjs";

async function untilThere(path: string): Promise<void> {
  while (!existsSync(path)) await later(10);
}

describe("a pool of Python threads", { timeout: 20_000 }, () => {
  test("is closed although a thread of it has ended by itself", async () => {
    const { listener, failure } = listenForFailure();
    const pool = new PythonPool(1, threadsOf([threadThat("process.exit(1);")]), INIT, listener);
    expect((await failure).message).toBe("worker 0 ended early, with code 1");
    await pool.close();
  });

  test("leaves no thread behind where the system does not give all of them", async () => {
    const entry = threadThat("");
    const { listener } = listenForFailure();
    expect(() => new PythonPool(2, threadsOf([entry, NO_ENTRY]), INIT, listener)).toThrow(/worker/i);
    await untilThere(`${entry}.left`);
  });

  test("fails where no other thread can be started for one that is gone", async () => {
    const { listener, failure } = listenForFailure();
    const pool = new PythonPool(1, threadsOf([threadThat(""), NO_ENTRY]), INIT, listener);
    pool.restart(0);
    expect((await failure).message).toMatch(/worker/i);
    await pool.close();
  });
});

test("a thread whose child could not be started is no reserve", { timeout: 20_000 }, async () => {
  const entry = threadThat(`if (message.type === "prestart")
    parentPort.postMessage(message.name === "worker 0"
      ? { type: "answered", description: {} }
      : { type: "broken", code: "worker_failed", message: "spawn EAGAIN" });`);
  const reserve = new PythonReserve(entry);
  const question = { schema: {} } as unknown as PrestartQuestion;
  const failures: string[] = [];
  await new Promise<void>((answered) => {
    reserve.ask(question, 2, {
      onAnswer: () => answered(),
      onFailure: ({ message }: ManyfitError) => failures.push(message),
      onEnd: () => undefined,
    } as never);
  });
  await later(500);
  const kept = [0, 1].map((worker) => reserve.take(worker));
  expect(kept.map((thread) => thread === null)).toEqual([false, true]);
  expect(failures).toEqual([]);
  await Promise.all(kept.map((thread) => thread?.leave()));
  await reserve.close();
});

test("a reserve is closed once more although somebody asked it for another in between", async () => {
  const reserve = new PythonReserve(threadThat(""));
  await reserve.close();
  expect(reserve.take(1)).toBeNull();
  await reserve.close();
});
