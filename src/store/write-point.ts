/**
 * The moments of a run's life on disk, in order. After each of them the process may die, and the folder must still
 * be explained: tests kill a run at every one of these.
 */
export const WRITE_POINTS = [
  "run.created",
  "lock.written",
  "sources.written",
  "job.written",
  "keys.written",
  "part.written",
  "part.renamed",
  "parts.complete",
  "tables.written",
  "tables.renamed",
  "manifest.written",
  "manifest.renamed",
  "parts.removed",
  "lock.removed",
] as const;

/** One of {@link WRITE_POINTS}. */
export type WritePoint = (typeof WRITE_POINTS)[number];
