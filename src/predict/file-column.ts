import { ManyfitError } from "../errors.ts";
import type { TrainedRun } from "./trained-run.ts";

/** Names of the column of files' keys: the second where the source has a column of the first. */
const NAMES = ["file", "file_key"];

/**
 * Name of the column that says which file a row is of, in a run with one model per file; null in other runs, whose keys
 * are columns anyhow.
 * @throws ManyfitError `invalid_option` where the source has columns of both names.
 */
export function fileColumnName(
  { manifest }: TrainedRun,
  columns: readonly { readonly name: string }[],
): string | null {
  if (manifest.job.partitioning.kind !== "file") return null;
  const taken = columns.map(({ name }) => name.toLowerCase());
  const free = NAMES.find((name) => !taken.includes(name));
  if (free !== undefined) return free;
  throw new ManyfitError(
    "invalid_option",
    `source has the columns ${NAMES.join(" and ")}, and predict needs one of these names for the key of each row's file; rename one`,
  );
}
