import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ManyfitError } from "../errors.ts";
import type { ResolvedJob } from "../job/resolved-job.ts";
import type { ResultSchema } from "../run/result-schema.ts";
import { writeWhole } from "./disk.ts";
import { RUN_FORMAT, type RunEnvironment, type StoredKeyField } from "./manifest.ts";
import { RUN_FILE } from "./run-files.ts";

/** Where a run was asked for, and what it was to take of the machine: none of it decides a model. */
export interface RunOrigin {
  /** Absolute; paths in the job are relative to it. */
  readonly workingFolder: string;
  /** Of the whole run; null: what the machine has. */
  readonly memoryBytes: number | null;
  /** Of each process of a trainer of the user's; null: what is left for it. */
  readonly memoryPerWorkerBytes: number | null;
  readonly environment: RunEnvironment;
}

/** What a run folder says of its run before the commit: what is to be done, and how to read what is there. */
export interface JobFile {
  readonly format: typeof RUN_FORMAT;
  readonly run: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly origin: RunOrigin;
  /** As it was resolved; its files stand in `sources.ndjson`. */
  readonly job: Omit<ResolvedJob, "files">;
  readonly keys: readonly StoredKeyField[];
  readonly resultSchema: ResultSchema;
}

/** Writes the job of a run into its folder, whole and on disk; its files, which may be many, are not part of it. */
export async function writeJobFile(
  folder: string,
  content: Omit<JobFile, "job"> & { readonly job: ResolvedJob },
): Promise<void> {
  const path = join(folder, RUN_FILE.job);
  const written = { ...content, job: { ...content.job, files: undefined } };
  await writeWhole(path, `${JSON.stringify(written, null, 2)}\n`);
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
