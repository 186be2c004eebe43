import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ManyfitError } from "../errors.ts";
import type { ResolvedJob } from "../job/resolved-job.ts";
import type { ResultSchema } from "../run/result-schema.ts";
import { renameDurably, writeSynced } from "./disk.ts";
import { RUN_FORMAT, type StoredKeyField } from "./manifest.ts";
import { RUN_FILE, UNFINISHED } from "./run-files.ts";

/** What a run folder says of its run before the commit: what is to be done, and how to read what is there. */
export interface JobFile {
  readonly format: typeof RUN_FORMAT;
  readonly run: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly job: Omit<ResolvedJob, "files">;
  readonly keys: readonly StoredKeyField[];
  readonly resultSchema: ResultSchema;
}

/** Writes the job of a run into its folder, whole and on disk; of its files, which may be many, nothing. */
export async function writeJobFile(
  folder: string,
  content: Omit<JobFile, "job"> & { readonly job: ResolvedJob },
): Promise<void> {
  const path = join(folder, RUN_FILE.job);
  const written = { ...content, job: { ...content.job, files: undefined } };
  await writeSynced(path + UNFINISHED, `${JSON.stringify(written, null, 2)}\n`);
  await renameDurably(path + UNFINISHED, path);
}

/**
 * The job of a run that is not committed; null when its folder has none.
 * @throws ManyfitError `run_damaged` for a file that is no job, or of a newer format.
 */
export async function readJobFile(folder: string): Promise<JobFile | null> {
  const path = join(folder, RUN_FILE.job);
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
  if (text === null) return null;
  const content = parse(path, text);
  if (
    content.format === RUN_FORMAT &&
    Array.isArray(content.keys) &&
    content.resultSchema?.form !== undefined
  )
    return content as JobFile;
  const found = JSON.stringify(content.format);
  throw new ManyfitError("run_damaged", `job ${path}: format ${found}, must be a whole job of ${RUN_FORMAT}`);
}

function parse(path: string, text: string): Partial<JobFile> {
  try {
    return Object(JSON.parse(text)) as Partial<JobFile>;
  } catch (error) {
    throw new ManyfitError("run_damaged", `job ${path}: not JSON`, { cause: error });
  }
}
