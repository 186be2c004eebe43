import { open, stat } from "node:fs/promises";
import { join } from "node:path";
import { RUN_FILE } from "./run-files.ts";

/** Bytes in which the manifest and the job say when: both begin with it, and a manifest may have any length. */
const HEAD_BYTES = 4096;

/** When a run folder says that its run began, and was committed: ISO 8601, UTC; null where it does not say. */
export interface RunTimes {
  readonly startedAt: string | null;
  readonly committedAt: string | null;
}

/** The times in the manifest of a run folder, or before the commit in its job. */
export async function readRunTimes(folder: string): Promise<RunTimes> {
  const manifest = await headOf(join(folder, RUN_FILE.manifest));
  const head = manifest ?? (await headOf(join(folder, RUN_FILE.job))) ?? "";
  return { startedAt: timeIn(head, "startedAt"), committedAt: timeIn(head, "committedAt") };
}

/** When a run began, in milliseconds since 1970: as its folder says, else when that was made. */
export async function readStartedAtMs(folder: string): Promise<number> {
  const { startedAt } = await readRunTimes(folder);
  return startedAt === null ? (await stat(folder)).birthtimeMs : Date.parse(startedAt);
}

function timeIn(head: string, name: "startedAt" | "committedAt"): string | null {
  const text = new RegExp(`"${name}": *"([^"]+)"`).exec(head)?.[1];
  return text === undefined || Number.isNaN(Date.parse(text)) ? null : text;
}

/** The beginning of a file; null where there is none. */
async function headOf(path: string): Promise<string | null> {
  const file = await open(path, "r").catch(() => null);
  if (file === null) return null;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.toString("utf8", 0, bytesRead);
  } catch {
    // What is no file that can be read says nothing either.
    return null;
  } finally {
    await file.close();
  }
}
