import { open } from "node:fs/promises";
import { join } from "node:path";
import type { RunEvent } from "../run/run-event.ts";
import { RUN_FILE } from "./run-files.ts";

/** Bytes at the end of an event log that are read: what a run says last is said there, however long the log is. */
const TAIL_BYTES = 1 << 18;

/** Why a run stopped, as it said itself. */
export interface RunStop {
  /** Milliseconds since 1970. */
  readonly atMs: number;
  /** `interrupted` by the user, because its failure `budget` was spent, or `failed` by an error. */
  readonly reason: Extract<RunEvent, { readonly type: "run.stopped" }>["reason"];
  readonly message: string;
}

/** The end of a run's event log. */
export interface EventTail {
  /** Of the last event, in milliseconds since 1970; null where there is none. */
  readonly lastEventAtMs: number | null;
  /** Null where the run did not say that it stopped: it is under way, was killed, or could not write. */
  readonly stop: RunStop | null;
}

/** Reads the end of a run folder's event log. Lines that are none, such as half of one, are passed over. */
export async function readEventTail(folder: string): Promise<EventTail> {
  const lines = await lastLines(join(folder, RUN_FILE.events));
  let lastEventAtMs: number | null = null;
  let stop: RunStop | null = null;
  for (const line of lines) {
    const event = eventFrom(line);
    if (typeof event?.atMs !== "number") continue;
    lastEventAtMs = event.atMs;
    if (event.type !== "run.stopped") continue;
    const { atMs, reason, message } = event;
    stop = { atMs, reason, message };
  }
  return { lastEventAtMs, stop };
}

async function lastLines(path: string): Promise<string[]> {
  const file = await open(path, "r").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
  if (file === null) return [];
  try {
    const { size } = await file.stat();
    const from = Math.max(0, size - TAIL_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(TAIL_BYTES), 0, TAIL_BYTES, from);
    return buffer.toString("utf8", 0, bytesRead).split("\n");
  } finally {
    await file.close();
  }
}

function eventFrom(line: string): RunEvent | null {
  try {
    return Object(JSON.parse(line)) as RunEvent;
  } catch {
    return null;
  }
}
