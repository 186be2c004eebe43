import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Connection } from "../duckdb/duckdb.ts";
import { inspectLock, type LockState } from "./lock.ts";
import { readStoredParquet } from "./parquet-sql.ts";
import { listParts, RUN_FILE } from "./run-files.ts";

/**
 * What became of a run without a manifest: `running` while the process that has the lock lives; `crashed` when it
 * died without letting go; `interrupted` when it stopped in good order.
 */
export type UncommittedStatus = "running" | "interrupted" | "crashed";

/** What a run without a manifest has on disk. */
export interface LeftBehind {
  readonly status: UncommittedStatus;
  /** Null when the run stopped before its keys were written. */
  readonly partitions: number | null;
  readonly parts: number;
  /** Partitions with a result in the parts. */
  readonly answered: number;
  readonly hasEvents: boolean;
}

/** Looks through the folder of a run that has no manifest. */
export async function readLeftBehind(connection: Connection, folder: string): Promise<LeftBehind> {
  const lock = await inspectLock(folder);
  const partPaths = await listParts(folder);
  const keysPath = join(folder, RUN_FILE.keys);
  return {
    status: statusOf(lock),
    partitions: existsSync(keysPath) ? await countRows(connection, [keysPath]) : null,
    parts: partPaths.length,
    answered: partPaths.length === 0 ? 0 : await countRows(connection, partPaths),
    hasEvents: existsSync(join(folder, RUN_FILE.events)),
  };
}

/** What is there and what it means, for a person. */
export function explainLeftBehind(run: string, left: LeftBehind): string {
  const happened = {
    running: "is under way; nothing is committed yet",
    interrupted: "stopped before the commit; nothing was committed",
    crashed: "died before the commit; nothing was committed",
  }[left.status];
  return `run ${run} ${happened}; ${contentOf(left)}`;
}

function contentOf({ partitions, parts, answered, hasEvents }: LeftBehind): string {
  const events = hasEvents ? "its event log (events.ndjson)" : "no event log";
  if (partitions === null) return `it has no keys and no results, and ${events}`;
  const of = `the keys of ${partitions} partition${partitions === 1 ? "" : "s"} (parts/keys.parquet)`;
  const results = `${parts} part file${parts === 1 ? "" : "s"} with the results of ${answered} of them`;
  return `it has ${of}, ${results}, and ${events}`;
}

function statusOf(lock: LockState): UncommittedStatus {
  if (lock.kind === "held") return "running";
  return lock.kind === "stale" ? "crashed" : "interrupted";
}

async function countRows(connection: Connection, paths: readonly string[]): Promise<number> {
  const [row] = await connection.rows<{ rows: number }>(
    `select count(*)::DOUBLE as rows from ${readStoredParquet(paths)}`,
  );
  return row!.rows;
}
