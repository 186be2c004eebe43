import { ManyfitError } from "../errors.ts";

/** What DuckDB says when it has no room to spill, or cannot write where it spills to. */
const NO_ROOM = /failed to offload data block|max_temp_directory_size/;

/** How deep causes are looked at. */
const MAX_CAUSES = 5;

/**
 * An error that comes of DuckDB's temporary folder, such as a full disk, as `memory_exceeded` that names the folder and
 * what to do; every other error as it is. It looks at what caused an error, too: whoever wrote a file may have taken
 * it for an error of that file.
 */
export function spillError(error: unknown, tempFolder: string): unknown {
  if (error instanceof ManyfitError && error.code === "memory_exceeded") return error;
  let cause = error;
  for (let depth = 0; depth < MAX_CAUSES && cause instanceof Error; depth++) {
    const isAtFolder = cause.message.includes(tempFolder) && /^(IO|Out of Memory) Error/.test(cause.message);
    if (isAtFolder || NO_ROOM.test(cause.message)) {
      return new ManyfitError(
        "memory_exceeded",
        `temporary folder ${tempFolder}: there is no room for what does not fit into memory; make room there, name a folder on another disk in TMPDIR, or allow more memory`,
        { cause: error },
      );
    }
    cause = cause.cause;
  }
  return error;
}
