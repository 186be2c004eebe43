import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, realpath, rename, rm, rmdir, stat } from "node:fs/promises";
import { basename, dirname, join, resolve, sep } from "node:path";
import { ManyfitError } from "../errors.ts";
import { syncFolder, unfinishedPath, unwritable } from "../store/disk.ts";

/** Name of the file that lists what is in an exported folder, and says that it is one. */
export const INDEX_FILE = "index.json";

/** What the index of an export begins with: by this a folder is known that an export may replace. */
export const INDEX_HEAD = '{"format":"manyfit-export"';

/** Where an export goes. */
export interface ExportTarget {
  /** Absolute path. */
  readonly path: string;
  /** Whether an empty folder, or an earlier export, is there. */
  readonly exists: boolean;
}

/**
 * Settles the folder of an export: a new one, an empty one, or, with `overwrite`, one of an earlier export.
 * @throws ManyfitError `invalid_option`
 */
export async function checkExportFolder(
  folder: string,
  { runFolder, overwrite }: { readonly runFolder: string; readonly overwrite: boolean },
): Promise<ExportTarget> {
  const parent = await realpath(dirname(resolve(folder))).catch(() => null);
  if (parent === null) throw refused(folder, "the folder in which it is to be does not exist");
  const path = join(parent, basename(resolve(folder)));
  const run = await realpath(runFolder);
  if (path === run || path.startsWith(run + sep))
    throw refused(folder, "is inside the run folder, which never changes; choose another place");
  if (!existsSync(path)) return { path, exists: false };
  if (!(await stat(path)).isDirectory())
    throw refused(folder, "is a file; name a folder that is new or empty");
  const isEmpty = (await readdir(path)).length === 0;
  if (isEmpty) return { path, exists: true };
  if (!overwrite)
    throw refused(folder, "is not empty; name another one, or replace an earlier export with --overwrite");
  if (!(await isExport(path)))
    throw refused(folder, "has something that is no export, which is never replaced; name another one");
  return { path, exists: true };
}

async function isExport(path: string): Promise<boolean> {
  const index = await readFile(join(path, INDEX_FILE)).catch(() => Buffer.alloc(0));
  return index.subarray(0, INDEX_HEAD.length).toString() === INDEX_HEAD;
}

/**
 * Makes a folder out of what `write` puts into one beside it: it appears when it is whole, and not at all where that fails.
 * @throws ManyfitError `run_unwritable` where the system refuses.
 */
export async function writeFolder<T>(
  { path, exists }: ExportTarget,
  write: (folder: string) => Promise<T>,
): Promise<T> {
  const unfinished = unfinishedPath(path);
  try {
    await mkdir(unfinished);
    const written = await write(unfinished);
    await syncFolder(unfinished);
    if (exists) await replace(path, unfinished);
    else await rename(unfinished, path);
    await syncFolder(dirname(path));
    return written;
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true }).catch(() => undefined);
    throw unwritable(`folder ${path}`, error);
  }
}

/** What was there is put back where the new one cannot take its place. */
async function replace(path: string, unfinished: string): Promise<void> {
  if ((await readdir(path)).length === 0) {
    await rmdir(path);
    await rename(unfinished, path);
    return;
  }
  const old = unfinishedPath(path);
  await rename(path, old);
  try {
    await rename(unfinished, path);
  } catch (error) {
    await rename(old, path);
    throw error;
  }
  await rm(old, { recursive: true, force: true });
}

function refused(folder: string, text: string): ManyfitError {
  return new ManyfitError("invalid_option", `folder ${folder}: ${text}`);
}
