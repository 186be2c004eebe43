import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";

/** Names inside a run folder; files of `parts` are relative to it. */
export const RUN_FILE = {
  manifest: "manifest.json",
  ledger: "ledger.parquet",
  models: "models.parquet",
  terms: "terms.parquet",
  events: "events.ndjson",
  job: "job.json",
  sources: "sources.ndjson",
  parts: "parts",
  keys: join("parts", "keys.parquet"),
  lock: "lock",
} as const;

/** What a file is called until it is whole and on disk; a file of this ending is never read. */
export const UNFINISHED = ".tmp";

const PART_NAME = /^part-\d{6,}\.parquet$/;

/** Name of a part file inside `parts`, numbered from 1. */
export function partName(number: number): string {
  return `part-${String(number).padStart(6, "0")}.parquet`;
}

/** Paths of all whole part files of a run folder, in the order of their numbers; none where it has no parts. */
export async function listParts(folder: string): Promise<string[]> {
  const partsFolder = join(folder, RUN_FILE.parts);
  const names = existsSync(partsFolder) ? await readdir(partsFolder) : [];
  return names
    .filter((name) => PART_NAME.test(name))
    .sort()
    .map((name) => join(partsFolder, name));
}
