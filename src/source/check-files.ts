import { accessSync, constants, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type { SourceFile } from "../job/resolved-job.ts";
import { fileFormat } from "./file-format.ts";

/** Files with one thing wrong. */
export interface FileProblem {
  readonly count: number;
  /** Paths of the first of them in canonical order, at most three. */
  readonly examples: readonly string[];
}

/** What is wrong with files as far as that is seen without reading them; null where nothing is. */
export interface FileProblems {
  /** No byte is in them. */
  readonly empty: FileProblem | null;
  /** They are packed, and nothing is packed in them. */
  readonly packedNothing: FileProblem | null;
  /** This process may not read them. */
  readonly unreadable: FileProblem | null;
}

const EXAMPLES = 3;

/** Larger files than this have something packed in them: nothing packed is 20 bytes and a name. */
const MOST_OF_NOTHING = 512;

/** Files after which others get their turn: asking 100,000 files takes some seconds. */
const AT_A_TIME = 2000;

/**
 * Finds files of which each is a partition that will fail, before any is fitted: without content, or not to be read. Only
 * packed files of a few bytes are opened. Stops with the signal's reason when it is aborted.
 */
export async function checkFiles(files: readonly SourceFile[], signal: AbortSignal): Promise<FileProblems> {
  const found: Record<keyof FileProblems, string[]> = { empty: [], packedNothing: [], unreadable: [] };
  for (const [i, file] of files.entries()) {
    if (i % AT_A_TIME === AT_A_TIME - 1) await new Promise<void>((next) => setImmediate(next));
    signal.throwIfAborted();
    const problem = problemOf(file);
    if (problem !== null) found[problem].push(file.path);
  }
  const summary = (paths: readonly string[]): FileProblem | null =>
    paths.length === 0 ? null : { count: paths.length, examples: paths.slice(0, EXAMPLES) };
  return {
    empty: summary(found.empty),
    packedNothing: summary(found.packedNothing),
    unreadable: summary(found.unreadable),
  };
}

function problemOf({ path, bytes }: SourceFile): keyof FileProblems | null {
  const isPacked = path.endsWith(".gz");
  // NDJSON without a line has no rows, which is no failure; a packed file without a byte was cut short.
  const needsContent = fileFormat(path) !== "ndjson";
  if (bytes === 0 && (needsContent || isPacked)) return "empty";
  try {
    accessSync(path, constants.R_OK);
    const mayBeNothing = needsContent && isPacked && bytes <= MOST_OF_NOTHING;
    return mayBeNothing && isNothing(readFileSync(path)) ? "packedNothing" : null;
  } catch {
    return "unreadable";
  }
}

/** Whether nothing is packed in some bytes; what is damaged is another matter. */
function isNothing(packed: Uint8Array): boolean {
  try {
    return gunzipSync(packed).length === 0;
  } catch {
    return false;
  }
}
