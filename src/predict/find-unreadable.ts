import type { Connection } from "../duckdb/duckdb.ts";
import { ManyfitError } from "../errors.ts";
import type { UnreadableFile } from "../run/unreadable-file.ts";
import { hashSourceFile } from "../source/hash-source-file.ts";
import { readErrorFrom } from "../source/read-error.ts";
import { checkValues } from "./check-values.ts";
import type { FoundFile, FoundSource } from "./found-source.ts";
import { halveFiles } from "./halve-files.ts";
import { createInput, type InputUse } from "./input.ts";
import { readingError } from "./reading-error.ts";
import { unreadableFile } from "./refuse-files.ts";
import type { TrainedRun } from "./trained-run.ts";
import type { TypedColumn } from "./typed-column.ts";

/** What is read of files. */
export interface FileReading {
  readonly trained: TrainedRun;
  readonly source: FoundSource;
  readonly columns: readonly TypedColumn[];
  readonly use: InputUse;
}

/**
 * Reads all files through once more and finds those in which that fails: rows that are broken, values that are not of
 * their type, archives that were cut short.
 * @throws ManyfitError what is no fault of a file, as a filter that is none.
 */
export async function findUnreadable(
  reading: FileReading,
  connection: Connection,
  signal: AbortSignal,
): Promise<UnreadableFile[]> {
  const read = async (files: readonly FoundFile[]): Promise<never[]> => {
    signal.throwIfAborted();
    await readThrough({ ...reading, source: { ...reading.source, files } }, connection);
    return [];
  };
  const isFinal = (error: unknown): boolean => signal.aborted || isOther(error);
  const { failed } = await halveFiles(reading.source.files, read, isFinal);
  const unreadable = failed.map(({ file: { file }, error }) =>
    unreadableFile(file.path, error instanceof ManyfitError ? error : readErrorFrom(error, [file.path])),
  );
  const known = new Set(unreadable.map(({ file }) => file));
  for (const { file } of reading.source.files) {
    if (!/\.gz$/i.test(file.path) || known.has(file.path)) continue;
    const error = await brokenArchive(file.path, signal);
    if (error !== null) unreadable.push(unreadableFile(file.path, error));
  }
  return unreadable;
}

/** Whether an error is none of a file: what the user told is wrong, or memory ended. */
function isOther(error: unknown): boolean {
  return error instanceof ManyfitError && !["source_unreadable", "source_empty"].includes(error.code);
}

async function readThrough(
  { trained, source, columns, use }: FileReading,
  connection: Connection,
): Promise<void> {
  const input = await createInput(source, columns, use, connection);
  try {
    await checkValues(input, trained, connection);
  } catch (error) {
    throw await readingError(error, input, connection).catch(() => error);
  }
}

async function brokenArchive(path: string, signal: AbortSignal): Promise<ManyfitError | null> {
  try {
    await hashSourceFile(path, signal);
    return null;
  } catch (error) {
    if (error instanceof ManyfitError) return error;
    throw error;
  }
}
