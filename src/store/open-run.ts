import { existsSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import type { RowStream } from "../duckdb/duckdb.ts";
import { ManyfitError } from "../errors.ts";
import { FIT_STATES } from "../run/fit-state.ts";
import { explainLeftBehind, type LeftBehind, readLeftBehind, type UncommittedStatus } from "./left-behind.ts";
import type { Manifest } from "./manifest.ts";
import { checkFiles, readManifest } from "./read-manifest.ts";
import { openReadingDuckdb } from "./reading-duckdb.ts";
import { committedTables, openRunDatabase, type RunDatabase } from "./run-database.ts";
import { RUN_FILE } from "./run-files.ts";
import { isRunFolder } from "./run-folder.ts";
import { type QueryResult, queryRows, queryToFile, streamRows } from "./run-query.ts";
import { UncommittedQueries } from "./uncommitted-queries.ts";
import { type Discrepancy, verifyRun } from "./verify-run.ts";

/** How far a run that is not committed has come. */
export interface RunProgress {
  /** Partitions with a result on disk. */
  readonly answered: number;
  /** Null when the run stopped before its keys were written. */
  readonly partitions: number | null;
}

/**
 * A run folder, opened to read; it must be closed.
 *
 * A committed run never changes and answers everything. A run that is not committed, whether it is under way, was
 * interrupted or died, answers queries too: each sees the partitions that have a result on disk when it is asked, one
 * ledger row for each, in the columns that the committed tables will have (of models that are documents, `metrics` has
 * the names that occur so far). Only `verify` needs the commit and rejects with `run_not_committed`; so do queries
 * of a run that stopped before its keys were written. A run that is committed while it is open is queried as such.
 */
export interface OpenedRun {
  /** Name of the folder. */
  readonly id: string;
  /** Absolute path. */
  readonly folder: string;
  readonly status: "committed" | UncommittedStatus;
  /** Null while, or because, the run is not committed. */
  readonly manifest: Manifest | null;
  /** How far the run had come when it was opened; null of a committed one. */
  readonly progress: RunProgress | null;
  /** What was in the folder when it was opened; null of a committed one. */
  readonly leftBehind: LeftBehind | null;
  /** What is in the folder and what it means, in a sentence. */
  readonly explanation: string;
  /**
   * Runs a single select over the tables `ledger`, `models` and `terms`, and keeps all rows of its result. `terms` is
   * there where the trainer has terms, and of a committed run with models of Python, where linear ones have them.
   * @throws ManyfitError `query_refused` for anything else, and for what DuckDB does not understand.
   */
  query(sql: string): Promise<QueryResult>;
  /** As {@link query}, but the rows come in batches, so that a big result need not fit in memory. */
  stream(sql: string): Promise<RowStream>;
  /**
   * Writes the rows of a query to a `.parquet`, `.csv` or `.json` file outside the run folder; returns their number.
   * A file that is there already is refused unless `overwrite` is true, because it may be dear to somebody.
   */
  queryTo(sql: string, file: string, options?: { readonly overwrite?: boolean }): Promise<number>;
  /**
   * Recomputes hashes and digest from the stored files; empty when all is as it was committed.
   * @throws ManyfitError `run_not_committed`
   */
  verify(): Promise<Discrepancy[]>;
  /** Frees what queries held. A result that is being streamed can still be read to its end. */
  close(): Promise<void>;
}

/**
 * Opens the run folder at a path, whatever became of the run; nothing in it is changed.
 * @throws ManyfitError `run_not_found` when there is no such folder, or one of something else; `run_damaged` when the
 * manifest or, before the commit, a part cannot be read, or when a file of a committed run is missing or has another size.
 */
export async function openRun(path: string): Promise<OpenedRun> {
  const folder = resolve(path);
  const id = basename(folder);
  await checkIsRun(folder);
  const manifest = await readManifest(folder);
  if (manifest === null) return uncommittedRun(folder, id);
  await checkFiles(folder, manifest);
  return committedRun(folder, id, manifest);
}

/** An empty folder is what a run leaves that died before its first file. */
async function checkIsRun(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => null);
  if (found === null) throw notFound(folder, "does not exist");
  if (!found.isDirectory()) throw notFound(folder, "is a file, not a folder");
  // In this order: a run that begins meanwhile makes its folder a run's before anything else is in it.
  const isEmpty = (await readdir(folder)).length === 0;
  if (!isEmpty && !isRunFolder(folder)) throw notFound(folder, "has something that is no run");
}

function notFound(folder: string, what: string): ManyfitError {
  return new ManyfitError("run_not_found", `run folder ${folder}: ${what}`);
}

async function uncommittedRun(folder: string, id: string): Promise<OpenedRun> {
  const left = await lookThrough(folder);
  // The commit may have come while we looked.
  if (left === null || existsSync(join(folder, RUN_FILE.manifest))) return openRun(folder);
  const explanation = explainLeftBehind(id, left);
  const { status, answered, partitions } = left;
  const queries = new UncommittedQueries(folder, explanation);
  return {
    id,
    folder,
    status,
    manifest: null,
    progress: { answered, partitions },
    leftBehind: left,
    explanation,
    query: (sql) => queries.query(sql),
    stream: (sql) => queries.stream(sql),
    queryTo: (sql, file, { overwrite = false } = {}) => queries.queryTo(sql, file, overwrite),
    verify: async () => {
      throw new ManyfitError("run_not_committed", explanation);
    },
    close: async () => undefined,
  };
}

/** Null when the folder cannot be read because its run is committed meanwhile. */
async function lookThrough(folder: string): Promise<LeftBehind | null> {
  const duckdb = await openReadingDuckdb();
  const connection = await duckdb.connect();
  try {
    return await readLeftBehind(connection, folder);
  } catch (error) {
    if (existsSync(join(folder, RUN_FILE.manifest))) return null;
    throw new ManyfitError("run_damaged", `run folder ${folder}: its parts cannot be read`, { cause: error });
  } finally {
    connection.close();
    duckdb.close();
  }
}

function committedRun(folder: string, id: string, manifest: Manifest): OpenedRun {
  const findTables = committedTables(folder, manifest);
  let database: Promise<RunDatabase> | undefined;
  const opened = (): Promise<RunDatabase> => {
    database ??= openRunDatabase(folder, findTables).catch((error: unknown) => {
      database = undefined;
      throw error;
    });
    return database;
  };
  return {
    id,
    folder,
    status: "committed",
    manifest,
    progress: null,
    leftBehind: null,
    explanation: explainCommitted(id, manifest),
    query: async (sql) => queryRows(await opened(), sql),
    stream: async (sql) => streamRows(await opened(), sql),
    queryTo: (sql, file, { overwrite = false } = {}) =>
      queryToFile({ folder, findTables, sql, file, overwrite }),
    verify: async () => {
      const duckdb = await openReadingDuckdb();
      return verifyRun(duckdb, folder, manifest).finally(() => duckdb.close());
    },
    close: async () => {
      const closed = database;
      database = undefined;
      // Whoever asked for what could not be opened has been told.
      await closed?.then(
        ({ duckdb }) => duckdb.close(),
        () => undefined,
      );
    },
  };
}

function explainCommitted(id: string, { committedAt, counts }: Manifest): string {
  const states = FIT_STATES.filter((state) => counts.states[state] > 0);
  const counted = states.map((state) => `${counts.states[state]} ${state.replace("_", " ")}`);
  return `run ${id} was committed at ${committedAt}; it has ${counts.partitions} partitions: ${counted.join(", ")}`;
}
