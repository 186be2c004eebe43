import { ManyfitError } from "../errors.ts";
import { filesByCause, type UnreadableFile } from "../run/unreadable-file.ts";

/** Files of one cause that a message names. */
const NAMED_FILES = 10;

/** A file with what was said of it when it was read. */
export function unreadableFile(file: string, error: ManyfitError): UnreadableFile {
  const { message } = error;
  const problem = message.startsWith(file) ? message.slice(file.length).replace(/^[:,]? */, "") : message;
  return { file, problem };
}

/**
 * The refusal of a source with such files. The message names the files of each cause, ten at most; `cause` is an
 * `AggregateError` with one error for every file.
 */
export function unreadableFiles(files: readonly UnreadableFile[], fileCount: number): ManyfitError {
  const causes = filesByCause(files).map((group) => {
    const named = group.slice(0, NAMED_FILES).map(({ file }) => file);
    const more = group.length > named.length ? ` and ${group.length - named.length} more` : "";
    const count = `${group.length} ${group.length === 1 ? "file" : "files"}`;
    return `${count} (${named.join(", ")}${more}): ${group[0]!.problem}`;
  });
  const errors = files.map(({ file, problem }) => {
    return new ManyfitError("source_unreadable", `${file}: ${problem}`);
  });
  return new ManyfitError(
    "source_unreadable",
    `source has ${files.length} of ${fileCount} files whose rows cannot be predicted: ${causes.join("; ")}; nothing is written; mend these files, or leave them out with --skip-unreadable`,
    { cause: new AggregateError(errors) },
  );
}
