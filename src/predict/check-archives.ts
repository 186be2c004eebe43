import type { SourceFile } from "../job/resolved-job.ts";
import { hashFiles } from "../source/hash-files.ts";

/** A check that runs beside other work. */
export interface ArchiveCheck {
  /** Resolves when all archives are whole; rejects with `source_unreadable` for the first that is not. */
  readonly finished: Promise<void>;
  /** Ends the check, finished or not. */
  stop(): Promise<void>;
}

/**
 * Unpacks the gzip files of a source a second time: DuckDB takes one that was cut short between two rows for a whole
 * one. Costs nothing where there are none.
 */
export function checkArchives(files: readonly SourceFile[]): ArchiveCheck {
  const paths = files.map((file) => file.path).filter((path) => /\.gz$/i.test(path));
  if (paths.length === 0) return { finished: Promise.resolve(), stop: async () => undefined };
  const hashing = hashFiles(paths);
  const finished = hashing.finished.then(() => undefined);
  // Who awaits it comes later; until then a rejection is nobody's.
  finished.catch(() => undefined);
  return { finished, stop: () => hashing.stop() };
}
