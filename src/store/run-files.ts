import { join } from "node:path";

/** Names inside a run folder; files of `parts` are relative to it. */
export const RUN_FILE = {
  manifest: "manifest.json",
  ledger: "ledger.parquet",
  models: "models.parquet",
  terms: "terms.parquet",
  events: "events.ndjson",
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

/** Whether a name inside `parts` is that of a whole part file. */
export function isPartName(name: string): boolean {
  return PART_NAME.test(name);
}
