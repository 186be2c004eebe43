import { type ChildProcess, fork } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { acquireLock, type LockRecord } from "../../src/store/lock.ts";

const TAKE_LOCK = fileURLToPath(new URL("fixtures/take-lock.mjs", import.meta.url));

/** What came of the try to take a lock; a code when it was refused. */
export interface Answer {
  readonly pid: number;
  readonly code?: string;
  readonly message?: string;
}

function nextMessage(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    child.once("message", resolve);
    child.once("exit", (code) => reject(new Error(`child ended with ${code} before it answered`)));
  });
}

/** A process that is ready to take the lock of a folder as soon as it is told. */
export async function startTaker(folder: string): Promise<ChildProcess> {
  const child = fork(TAKE_LOCK, [folder]);
  expect(await nextMessage(child)).toEqual({ pid: child.pid });
  return child;
}

/** Tells a process to take the lock. */
export function take(child: ChildProcess): Promise<Answer> {
  const answer = nextMessage(child) as Promise<Answer>;
  child.send("take");
  return answer;
}

/** Kills a process and waits for its end. */
export async function kill(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await ended;
}

/** What the lock of a folder says. */
export function recordIn(folder: string): LockRecord {
  return JSON.parse(readFileSync(join(folder, "lock"), "utf8")) as LockRecord;
}

/** A lock as its owner would have left it, with some fields changed. */
export async function leaveLock(folder: string, changes: Partial<LockRecord>): Promise<void> {
  const lock = await acquireLock(folder);
  const record = recordIn(folder);
  await lock.release();
  writeFileSync(join(folder, "lock"), JSON.stringify({ ...record, ...changes }));
}
