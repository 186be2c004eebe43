import { randomBytes } from "node:crypto";
import { open, readFile, rename, unlink } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ManyfitError } from "../errors.ts";
import { unwritable } from "./disk.ts";
import { isElsewhere, isGone, ownIdentity, type ProcessIdentity } from "./process-identity.ts";
import { RUN_FILE, UNFINISHED } from "./run-files.ts";

/** What a lock file says of its owner. */
export interface LockRecord extends ProcessIdentity {
  /** Tells this lock from every other one, also of the same process. */
  readonly nonce: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
}

/** A lock that this process holds. */
export interface Lock {
  /** Removes the lock file, if it is still this lock. */
  release(): Promise<void>;
}

/** Whether somebody works on a run folder: `held` by a process that lives, or `stale` after one that is gone. */
export type LockState =
  | { readonly kind: "none" }
  | { readonly kind: "held" | "stale"; readonly owner: LockRecord };

/** How often, and every how many milliseconds, a lock is read again that is empty because it is being written. */
const READ_TRIES = 20;
const READ_PAUSE_MS = 50;

/** What stands for a lock whose writer died before a word of it was on disk. */
const UNREADABLE: LockRecord = {
  nonce: "unreadable",
  pid: 0,
  bootId: null,
  startTicks: null,
  host: "",
  createdAt: "",
};

/**
 * Locks a run folder for this process. The lock of a process that is gone is taken over; of several processes that
 * try so at once, one succeeds.
 * @throws ManyfitError `run_locked` with the owner's pid; `run_unwritable` when the file cannot be made.
 */
export async function acquireLock(folder: string): Promise<Lock> {
  const path = join(folder, RUN_FILE.lock);
  const record = newRecord();
  try {
    await acquire(path, record, folder);
  } catch (error) {
    throw unwritable(`run folder ${folder}`, error);
  }
  return {
    release: async () => {
      const found = await readRecord(path);
      if (found?.nonce === record.nonce) await unlink(path);
    },
  };
}

/** Looks at the lock of a run folder without touching it. */
export async function inspectLock(folder: string): Promise<LockState> {
  const owner = await readRecord(join(folder, RUN_FILE.lock));
  if (owner === null) return { kind: "none" };
  return { kind: isStale(owner) ? "stale" : "held", owner };
}

async function acquire(path: string, record: LockRecord, folder: string): Promise<void> {
  for (;;) {
    if (await createExclusively(path, record)) return;
    const owner = await readRecord(path);
    if (owner === null) continue;
    if (!isStale(owner)) throw locked(folder, owner);
    if (await replaceStale(path, owner, { record, folder })) return;
  }
}

/**
 * Puts a record in the place of a stale one by renaming over it. Between reading a lock and replacing it another
 * process may have done the same, so the right to replace exactly this record is itself a lock, named after the
 * record; it is taken in the same way, so that the death of its owner blocks nobody. False when the record in place
 * is no longer the stale one.
 */
async function replaceStale(
  path: string,
  stale: LockRecord,
  mine: { readonly record: LockRecord; readonly folder: string },
): Promise<boolean> {
  const claim = `${path}.claim-${stale.nonce}`;
  await acquire(claim, newRecord(), mine.folder);
  try {
    const found = await readRecord(path);
    if (found?.nonce !== stale.nonce) return false;
    const unfinished = `${path}.${mine.record.nonce}${UNFINISHED}`;
    await createExclusively(unfinished, mine.record);
    await rename(unfinished, path);
    return true;
  } finally {
    await unlink(claim);
  }
}

async function createExclusively(path: string, record: LockRecord): Promise<boolean> {
  const file = await open(path, "wx").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "EEXIST") return null;
    throw error;
  });
  if (file === null) return false;
  try {
    await file.writeFile(`${JSON.stringify(record)}\n`);
    await file.sync();
  } catch (error) {
    await unlink(path);
    throw error;
  } finally {
    await file.close();
  }
  return true;
}

/** The record of a lock file; null when there is none. */
async function readRecord(path: string): Promise<LockRecord | null> {
  for (let tries = 0; tries < READ_TRIES; tries++) {
    if (tries > 0) await sleep(READ_PAUSE_MS);
    const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return null;
      throw error;
    });
    if (text === null) return null;
    const record = recordFrom(text);
    if (record !== null) return record;
  }
  return UNREADABLE;
}

function recordFrom(text: string): LockRecord | null {
  try {
    const { nonce, pid, host } = JSON.parse(text) as Partial<LockRecord>;
    const isWhole = typeof nonce === "string" && /^\w+$/.test(nonce) && typeof pid === "number";
    return isWhole && typeof host === "string" ? (JSON.parse(text) as LockRecord) : null;
  } catch {
    return null;
  }
}

function newRecord(): LockRecord {
  return {
    nonce: randomBytes(6).toString("hex"),
    ...ownIdentity(),
    createdAt: new Date().toISOString(),
  };
}

function isStale(owner: LockRecord): boolean {
  return owner === UNREADABLE || isGone(owner);
}

function locked(folder: string, owner: LockRecord): ManyfitError {
  const { pid, host, createdAt } = owner;
  const advice = isElsewhere(owner)
    ? `whether it still lives cannot be seen from here; if it does not, delete ${join(folder, RUN_FILE.lock)}`
    : "wait for it or stop it";
  return new ManyfitError(
    "run_locked",
    `run folder ${folder}: process ${pid} on ${host} has been at work on it since ${createdAt}; ${advice}`,
  );
}
