import { existsSync, statSync } from "node:fs";
import { mkdir, readdir } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ManyfitError } from "../errors.ts";
import { syncFolder } from "./disk.ts";
import { inspectLock } from "./lock.ts";
import { isRunFolder } from "./run-folder.ts";
import { readRunTimes } from "./run-times.ts";

/** How often, and every how many milliseconds, a folder is looked at again that is empty because it was just made. */
const LOOKS = 10;
const LOOK_PAUSE_MS = 50;

/**
 * Makes the folder of a new run, and the folder of runs where it is missing. Of several processes that make the same
 * one succeeds.
 * @throws ManyfitError `run_locked` when a run of this name is under way, `run_unwritable` when there was one or when
 * something else is in the way; the system's error when it refuses.
 */
export async function makeRunFolder(runsFolder: string, id: string): Promise<void> {
  const runs = resolve(runsFolder);
  if (existsSync(runs) && !statSync(runs).isDirectory()) {
    throw new ManyfitError("run_unwritable", `folder of runs ${runs}: a file is in its place`);
  }
  await makeFolders(runs);
  try {
    await mkdir(join(runs, id));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") await checkNameIsFree(runsFolder, id);
    throw error;
  }
  await syncFolder(runs);
}

/**
 * Throws as {@link makeRunFolder} does when there is anything of this name in the folder of runs, so that it is said
 * before any work is done.
 */
export async function checkNameIsFree(runsFolder: string, id: string): Promise<void> {
  const folder = resolve(runsFolder, id);
  if (!existsSync(folder)) return;
  let hadContent = false;
  for (let looks = 1; ; looks++) {
    // In this order: a run lets go of its lock only when its manifest is there.
    const lock = await inspectLock(folder).catch(() => ({ kind: "none" }) as const);
    const { startedAt, committedAt } = await readRunTimes(folder);
    if (committedAt !== null) throw taken("run_unwritable", folder, `was committed there at ${committedAt}`);
    if (lock.kind === "held") {
      const { pid, host, createdAt } = lock.owner;
      throw taken("run_locked", folder, `is under way there since ${createdAt} (process ${pid} on ${host})`);
    }
    // What came after the look at the lock may be the lock, and what comes with it.
    if (hadContent || looks === LOOKS) throw taken("run_unwritable", folder, pastOf(folder, startedAt));
    hadContent = (await readdir(folder).catch(() => ["?"])).length > 0;
    await sleep(LOOK_PAUSE_MS);
  }
}

function pastOf(folder: string, startedAt: string | null): string {
  if (!isRunFolder(folder)) return "is not what is there, but something that is no run";
  const since = startedAt === null ? "" : `, begun at ${startedAt},`;
  return `stopped there${since} before its commit`;
}

function taken(code: "run_locked" | "run_unwritable", folder: string, what: string): ManyfitError {
  const name = basename(folder);
  return new ManyfitError(
    code,
    `run folder ${folder}: the name is taken: run ${name} ${what}; choose another --name, or another folder with --out`,
  );
}

/** As `mkdir` with `recursive`, which never returns where the system says ENOENT of a folder that is there: /proc. */
async function makeFolders(path: string): Promise<void> {
  if (existsSync(path)) return;
  await makeFolders(dirname(path));
  await mkdir(path).catch((error: NodeJS.ErrnoException) => {
    // Another run may have been quicker.
    if (error.code !== "EEXIST") throw error;
  });
}
