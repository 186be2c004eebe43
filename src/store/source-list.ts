import { join } from "node:path";
import type { SourceFile } from "../job/resolved-job.ts";
import { writeWhole } from "./disk.ts";
import { RUN_FILE } from "./run-files.ts";

/** Lines that are written at once, so that the text of a million files is never in memory. */
const LINES_AT_ONCE = 1000;

/**
 * Writes `sources.ndjson`: a line for each file of a run's source in canonical order, with its absolute `path`, `bytes` and
 * `modifiedAtMs` (milliseconds since 1970) as they were when it was inspected.
 */
export function writeSources(folder: string, files: readonly SourceFile[]): Promise<void> {
  return writeWhole(join(folder, RUN_FILE.sources), linesOf(files));
}

function* linesOf(files: readonly SourceFile[]): Generator<string> {
  for (let from = 0; from < files.length; from += LINES_AT_ONCE) {
    const lines = files.slice(from, from + LINES_AT_ONCE).map(({ path, bytes, modifiedAtMs }) => {
      return `${JSON.stringify({ path, bytes, modifiedAtMs })}\n`;
    });
    yield lines.join("");
  }
}
