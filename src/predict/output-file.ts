import { existsSync } from "node:fs";
import { realpath, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import type { Connection } from "../duckdb/duckdb.ts";
import { quoteText } from "../duckdb/quote.ts";
import { ManyfitError } from "../errors.ts";
import { renameDurably, syncFile, unfinishedPath, unwritable } from "../store/disk.ts";
import { RUN_FILE } from "../store/run-files.ts";

/**
 * Values that a column of a Parquet row group may have and still be written as a dictionary: a tenth of the group's
 * rows. DuckDB's own fifth has it look longer at columns that have no dictionary in the end.
 */
const DICTIONARY_VALUES = 12_288;

/** DuckDB's options for each ending of an output file. */
const FORMATS: Readonly<Record<string, string>> = {
  ".parquet": `format parquet, compression zstd, dictionary_size_limit ${DICTIONARY_VALUES}`,
  ".csv": "format csv, header true",
  ".csv.gz": "format csv, header true, compression gzip",
};

/** A file that may be written. */
export interface OutputFile {
  /** Absolute path. */
  readonly path: string;
  readonly format: "csv" | "parquet";
  /** DuckDB's options for it. */
  readonly options: string;
}

/**
 * Settles where predictions go.
 * @throws ManyfitError `invalid_option` for a file of an unknown ending, in a run folder, or there already.
 */
export async function checkOutputFile(file: string, isOverwritten: boolean): Promise<OutputFile> {
  const ending = Object.keys(FORMATS).find((known) => file.toLowerCase().endsWith(known));
  if (ending === undefined) {
    throw refused(file, `must end in one of ${Object.keys(FORMATS).join(", ")}`);
  }
  const parent = await realpath(dirname(resolve(file))).catch(() => null);
  if (parent === null) throw refused(file, "its folder does not exist");
  if (isInRunFolder(parent)) {
    throw refused(file, "is inside a run folder, which never changes; choose another place");
  }
  const path = join(parent, basename(file));
  if (!isOverwritten && existsSync(path)) {
    throw refused(file, "exists already; choose another name or overwrite it (--overwrite)");
  }
  return { path, format: ending === ".parquet" ? "parquet" : "csv", options: FORMATS[ending]! };
}

/**
 * Makes sure that nothing is written over what is read.
 * @throws ManyfitError `invalid_option` when the file to write is one of the source's.
 */
export async function checkNotRead(
  { path }: OutputFile,
  files: readonly { readonly path: string }[],
): Promise<void> {
  for (const file of files) {
    if ((await realpath(file.path)) === path)
      throw refused(path, "is a file of the source, too; choose another name");
  }
}

/**
 * Writes the rows of a query to a file, which appears when it is whole and on disk. `check` is called before that with
 * the path under which it is written, and what it throws keeps the file from appearing.
 * @throws ManyfitError `run_unwritable` where the system refuses; what DuckDB says of the query as it is.
 */
export async function writeOutput(
  { path, options }: OutputFile,
  sql: string,
  connection: Connection,
  check: (unfinished: string) => Promise<void>,
): Promise<void> {
  const unfinished = unfinishedPath(path);
  try {
    await connection.run(`copy (${sql}) to ${quoteText(unfinished)} (${options}, use_tmp_file false)`);
    await check(unfinished);
    await syncFile(unfinished);
    await renameDurably(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw unwritable(`file ${path}`, error);
  }
}

/** Files that only run folders have together, before and after the commit. One alone may be of something else. */
const MARKS = [
  [RUN_FILE.manifest, RUN_FILE.ledger],
  [RUN_FILE.job, RUN_FILE.parts],
];

function isInRunFolder(folder: string): boolean {
  if (MARKS.some((names) => names.every((name) => existsSync(join(folder, name))))) return true;
  const parent = dirname(folder);
  return parent !== folder && isInRunFolder(parent);
}

function refused(file: string, text: string): ManyfitError {
  return new ManyfitError("invalid_option", `file ${file}: ${text}`);
}
