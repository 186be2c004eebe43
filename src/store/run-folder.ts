import { randomInt } from "node:crypto";
import { type Dirent, existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join, resolve, sep } from "node:path";
import { ManyfitError } from "../errors.ts";
import { RUN_FILE } from "./run-files.ts";
import { readStartedAtMs } from "./run-times.ts";

/** The folder of runs when none is told. */
export const DEFAULT_RUNS_FOLDER = "runs";

/** What asks for the run of a folder that was started last. */
const LATEST = "latest";

const RUN_ID = /^(\d{4}-\d{2}-\d{2})T(\d{2})-(\d{2})-(\d{2})Z-([0-9a-z]{2})[0-9a-z]{3}$/;

/** What only run folders hold; one of them is enough. */
const MARKS = [
  ...[RUN_FILE.manifest, RUN_FILE.parts, RUN_FILE.job],
  ...[RUN_FILE.sources, RUN_FILE.events, RUN_FILE.lock],
];

/** How many runs a message names. */
const NAMED_RUNS = 8;

/** A run folder, whatever became of the run. */
export interface ListedRun {
  /** Name of the folder. */
  readonly id: string;
  /** Absolute path. */
  readonly folder: string;
  /** From the id where it is one that `createRunId` makes, else as the folder says, else when it was made. */
  readonly startedAtMs: number;
  readonly isCommitted: boolean;
}

/**
 * A new run id such as `2026-11-22T14-42-09Z-7f3kq`: UTC time to the second, two characters for the millisecond, so that
 * ids sort by start, and three random ones for runs that start in the same.
 */
export function createRunId(atMs: number = Date.now()): string {
  const instant = new Date(atMs);
  const second = instant.toISOString().slice(0, 19).replaceAll(":", "-");
  const characters = (value: number, length: number): string => value.toString(36).padStart(length, "0");
  return `${second}Z-${characters(instant.getUTCMilliseconds(), 2)}${characters(randomInt(36 ** 3), 3)}`;
}

/** The runs of a folder in the order of their start; none where the folder does not exist. */
export async function listRuns(runsFolder: string): Promise<ListedRun[]> {
  const entries = await foldersIn(runsFolder);
  const runs: ListedRun[] = [];
  for (const { name } of entries) {
    const folder = resolve(runsFolder, name);
    if (!isRunFolder(folder)) continue;
    const startedAtMs = startOfId(name) ?? (await readStartedAtMs(folder));
    runs.push({ id: name, folder, startedAtMs, isCommitted: existsSync(join(folder, RUN_FILE.manifest)) });
  }
  return runs.sort((a, b) => a.startedAtMs - b.startedAtMs || (a.id < b.id ? -1 : 1));
}

/**
 * The folder that `<run>` on a command line means: `latest` (the run started last, whatever became of it), an id or
 * the beginning of one in the folder of runs, or the path of a run folder.
 * @throws ManyfitError `run_not_found`, saying what was looked for, where, and what is there.
 */
export async function resolveRun(run: string, runsFolder: string = DEFAULT_RUNS_FOLDER): Promise<string> {
  const runs = await listRuns(runsFolder);
  if (run === LATEST) {
    const last = runs.at(-1);
    if (last) return last.folder;
    throw notFound(run, runsFolder, runs);
  }
  const exact = runs.find((listed) => listed.id === run);
  if (exact) return exact.folder;
  if (run !== "" && isRunFolder(resolve(run))) return resolve(run);
  const begun = run === "" ? [] : runs.filter((listed) => listed.id.startsWith(run));
  if (begun.length === 1) return begun[0]!.folder;
  if (begun.length > 1) {
    const found = namesOf(begun);
    throw new ManyfitError(
      "run_not_found",
      `run ${run}: ${begun.length} ids begin with it (${found}); say more of it`,
    );
  }
  throw notFound(run, runsFolder, runs);
}

function notFound(run: string, runsFolder: string, runs: readonly ListedRun[]): ManyfitError {
  const there = runs.length === 0 ? "there is no run there" : `there are: ${namesOf(runs)}`;
  const isPath = run.includes("/") || run.includes(sep);
  const path = resolve(run);
  const found = existsSync(path) ? `${path} is no run folder` : `no run folder at ${path}`;
  const place = isPath ? `${found}, and no such id in` : "no such id in";
  const looked = run === LATEST ? "looked in" : place;
  return new ManyfitError("run_not_found", `run ${run}: ${looked} ${resolve(runsFolder)}; ${there}`);
}

function namesOf(runs: readonly ListedRun[]): string {
  const names = runs.slice(-NAMED_RUNS).map((run) => run.id);
  const earlier = runs.length - names.length;
  return names.join(", ") + (earlier > 0 ? ` and ${earlier} earlier` : "");
}

/** Whether a folder is that of a run, whatever became of the run. */
export function isRunFolder(folder: string): boolean {
  if (MARKS.some((name) => existsSync(join(folder, name)))) return true;
  // A run that died before its first file has nothing but its name.
  return RUN_ID.test(folder.slice(folder.lastIndexOf(sep) + 1)) && existsSync(folder);
}

function startOfId(id: string): number | null {
  const match = RUN_ID.exec(id);
  if (match === null) return null;
  const [, date, hours, minutes, seconds, milliseconds] = match;
  const atMs = Date.parse(`${date}T${hours}:${minutes}:${seconds}Z`);
  return Number.isNaN(atMs) ? null : atMs + Number.parseInt(milliseconds!, 36);
}

async function foldersIn(folder: string): Promise<Dirent[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory() || entry.isSymbolicLink());
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return [];
    throw error;
  }
}
