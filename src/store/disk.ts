import { createHash, randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { ManyfitError } from "../errors.ts";
import { UNFINISHED } from "./run-files.ts";

const READ_BYTES = 1 << 20;

/** What the system's refusals mean to the person who sees them. */
const REFUSALS: Readonly<Record<string, string>> = {
  EACCES: "no permission to write there",
  EPERM: "no permission to write there",
  EROFS: "the disk is mounted read-only",
  ENOSPC: "the disk is full; make room there, or write to another disk",
  EDQUOT: "the disk quota is used up; make room there, or write to another disk",
  EFBIG: "a file would exceed the file size limit",
  ENOTDIR: "a part of the path is a file, not a folder",
  ENOENT: "the system makes no folder or file there",
  EEXIST: "it exists already",
  ENAMETOOLONG: "the name is too long",
};

const NO_FOLDER_SYNC: ReadonlySet<string> = new Set(["EINVAL", "ENOTSUP"]);

/** The same refusals in the texts of DuckDB, which has no codes for them. */
const DUCKDB_REFUSALS: readonly (readonly [RegExp, string])[] = [
  [/no space left on device/i, "ENOSPC"],
  [/disk quota exceeded/i, "EDQUOT"],
  [/file too large/i, "EFBIG"],
  [/permission denied/i, "EACCES"],
  [/read-only file system/i, "EROFS"],
];

/**
 * The error for a subject, such as `run folder /x`, that could not be written: `run_unwritable` where the system
 * refused, every other error as it is.
 */
export function unwritable(subject: string, error: unknown): unknown {
  if (error instanceof ManyfitError || !(error instanceof Error)) return error;
  const code = (error as NodeJS.ErrnoException).code ?? "";
  const refusal = REFUSALS[code] ?? REFUSALS[duckdbRefusal(error.message)];
  if (refusal === undefined) return error;
  return new ManyfitError("run_unwritable", `${subject}: ${refusal}`, { cause: error });
}

function duckdbRefusal(message: string): string {
  return DUCKDB_REFUSALS.find(([pattern]) => pattern.test(message))?.[1] ?? "";
}

/** Waits until the content of a file is on disk. */
export async function syncFile(path: string): Promise<void> {
  const file = await open(path, "r+");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Waits until the names in a folder are on disk. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } catch (error) {
    // Some network file systems cannot do this with a folder; there the names are on disk when the server says so.
    if (!NO_FOLDER_SYNC.has((error as NodeJS.ErrnoException).code ?? "")) throw error;
  } finally {
    await folder.close();
  }
}

/**
 * Writes a file under another name and gives it its own when all of it is on disk. When that fails nothing of it is left,
 * which on a full disk makes room for what is said of it. Content may come in pieces.
 */
export async function writeWhole(
  path: string,
  content: string | Uint8Array | Iterable<string>,
): Promise<void> {
  await removedUnlessWhole(path + UNFINISHED, async () => {
    await writeSynced(path + UNFINISHED, content);
    await renameDurably(path + UNFINISHED, path);
  });
}

/** What an operation gives; when it fails, the unfinished file that it wrote is removed. */
export async function removedUnlessWhole<Result>(
  unfinished: string,
  write: () => Promise<Result>,
): Promise<Result> {
  try {
    return await write();
  } catch (error) {
    await rm(unfinished, { force: true }).catch(() => undefined);
    throw error;
  }
}

/** Writes a new file and waits until its content is on disk. Content may come in pieces. */
export async function writeSynced(
  path: string,
  content: string | Uint8Array | Iterable<string>,
): Promise<void> {
  const file = await open(path, "w");
  try {
    await writeFile(file, content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * A path beside another for what is to become it: one of its own for each call, because a file that lies there already
 * is somebody's, and two may be writing at the same time.
 */
export function unfinishedPath(path: string): string {
  return `${path}.${randomBytes(4).toString("hex")}${UNFINISHED}`;
}

/** Gives a file its final name, and waits until that is on disk. The content must be on disk already. */
export async function renameDurably(from: string, to: string): Promise<void> {
  await rename(from, to);
  await syncFolder(dirname(to));
}

/** Size and sha256 (hex) of a file. */
export async function hashFile(path: string): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: READ_BYTES })) {
    bytes += (chunk as Buffer).length;
    hash.update(chunk as Buffer);
  }
  return { bytes, sha256: hash.digest("hex") };
}
