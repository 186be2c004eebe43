import { messagePattern } from "./message-pattern.ts";

/** A file whose rows cannot be read, or not be predicted. */
export interface UnreadableFile {
  /** Absolute path. */
  readonly file: string;
  /** Why not, to go on after the file's name. */
  readonly problem: string;
}

/** A value as a problem shows it, which is another in every file. */
const SHOWN_VALUE = / has "(?:[^"\\]|\\.)*"/;

/** Files with the same cause, the most frequent first: what they say differs in numbers, paths and values alone. */
export function filesByCause(files: readonly UnreadableFile[]): UnreadableFile[][] {
  const causes = new Map<string, UnreadableFile[]>();
  for (const file of files) {
    const pattern = messagePattern(file.problem.replace(SHOWN_VALUE, " has a value"));
    const known = causes.get(pattern);
    if (known === undefined) causes.set(pattern, [file]);
    else known.push(file);
  }
  return [...causes.values()].sort((a, b) => b.length - a.length);
}
