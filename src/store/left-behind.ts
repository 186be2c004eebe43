import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Connection } from "../duckdb/duckdb.ts";
import type { FitState } from "../run/fit-state.ts";
import { NO_COUNTS, type StateCounts } from "../run/run-event.ts";
import { answeredCount } from "../run/run-state.ts";
import { type RunStop, readEventTail } from "./event-tail.ts";
import { type JobFile, readJobFile } from "./job-file.ts";
import { inspectLock, type LockRecord, type LockState } from "./lock.ts";
import { readStoredParquet } from "./parquet-sql.ts";
import { isElsewhere } from "./process-identity.ts";
import { listParts, RUN_FILE } from "./run-files.ts";

/**
 * What became of a run without a manifest: `running` while the process that has the lock lives, or may live on another
 * machine; `crashed` when it died without letting go; `stopped` when it stopped by itself, because of an error or of its
 * failure budget; `interrupted` when somebody stopped it, or when it stopped and could not say why.
 */
export type UncommittedStatus = "running" | "interrupted" | "stopped" | "crashed";

/** What a run without a manifest has on disk. */
export interface LeftBehind {
  readonly status: UncommittedStatus;
  /** Who works on it, or died of it; null where nobody does. */
  readonly owner: LockRecord | null;
  /** Why it stopped, as it said itself; null where it did not. */
  readonly stop: RunStop | null;
  /** In milliseconds since 1970; null where its log has no event. */
  readonly lastEventAtMs: number | null;
  /** What was to be done; null when the run stopped before that was written, or when it cannot be read. */
  readonly job: JobFile | null;
  /** Null when the run stopped before its keys were written. */
  readonly partitions: number | null;
  readonly parts: number;
  /** Partitions with a result in the parts. */
  readonly answered: number;
  /** The same by state. */
  readonly counts: StateCounts;
  readonly hasEvents: boolean;
}

/** Looks through the folder of a run that has no manifest. */
export async function readLeftBehind(connection: Connection, folder: string): Promise<LeftBehind> {
  const lock = await inspectLock(folder);
  const { stop, lastEventAtMs } = await readEventTail(folder);
  const partPaths = await listParts(folder);
  const keysPath = join(folder, RUN_FILE.keys);
  const counts = partPaths.length === 0 ? NO_COUNTS : await countStates(connection, partPaths);
  return {
    status: statusOf(lock, stop),
    owner: lock.kind === "none" ? null : lock.owner,
    stop,
    lastEventAtMs,
    // Queries say of a job that cannot be read what is wrong with it; the rest can be told all the same.
    job: await readJobFile(folder).catch(() => null),
    partitions: existsSync(keysPath) ? await countRows(connection, keysPath) : null,
    parts: partPaths.length,
    answered: answeredCount(counts),
    counts,
    hasEvents: existsSync(join(folder, RUN_FILE.events)),
  };
}

/** What is there and what it means, for a person. */
export function explainLeftBehind(run: string, left: LeftBehind): string {
  const happened = {
    running: `is under way${doubtOf(left)}; nothing is committed yet`,
    interrupted: "stopped before the commit; nothing was committed",
    stopped: "stopped before the commit; nothing was committed",
    crashed: "died before the commit; nothing was committed",
  }[left.status];
  return `run ${run} ${happened}; ${contentOf(left)}`;
}

/** The process of another machine, or of a container with a name of its own, may be gone. */
function doubtOf({ owner, lastEventAtMs }: LeftBehind): string {
  if (owner === null || !isElsewhere(owner)) return "";
  const last =
    lastEventAtMs === null ? "" : ` (its last event is of ${new Date(lastEventAtMs).toISOString()})`;
  return ` if process ${owner.pid} lives on ${owner.host}, which cannot be seen from here${last}`;
}

function contentOf({ partitions, parts, answered, hasEvents }: LeftBehind): string {
  const events = hasEvents ? "its event log (events.ndjson)" : "no event log";
  if (partitions === null) return `it has no keys and no results, and ${events}`;
  const of = `the keys of ${partitions} partition${partitions === 1 ? "" : "s"} (parts/keys.parquet)`;
  const results = `${parts} part file${parts === 1 ? "" : "s"} with the results of ${answered} of them`;
  return `it has ${of}, ${results}, and ${events}`;
}

function statusOf(lock: LockState, stop: RunStop | null): UncommittedStatus {
  if (lock.kind === "held") return "running";
  if (stop !== null) return stop.reason === "interrupted" ? "interrupted" : "stopped";
  return lock.kind === "stale" ? "crashed" : "interrupted";
}

async function countStates(connection: Connection, paths: readonly string[]): Promise<StateCounts> {
  const rows = await connection.rows<{ state: FitState; partitions: number }>(
    `select state, count(*)::DOUBLE as partitions from ${readStoredParquet(paths)} group by state`,
  );
  return { ...NO_COUNTS, ...Object.fromEntries(rows.map(({ state, partitions }) => [state, partitions])) };
}

async function countRows(connection: Connection, path: string): Promise<number> {
  const [row] = await connection.rows<{ rows: number }>(
    `select count(*)::DOUBLE as rows from ${readStoredParquet([path])}`,
  );
  return row!.rows;
}
