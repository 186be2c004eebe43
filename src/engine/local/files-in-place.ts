import type { FoundPartition } from "./fit-in-place.ts";
import { type FileReader, readFile } from "./read-file.ts";

/** All files of a job as partitions, one after the other, read through DuckDB. */
export async function* filesInPlace(
  reader: FileReader,
  signal: AbortSignal,
): AsyncGenerator<FoundPartition, undefined, undefined> {
  for (const [partition, file] of reader.job.files.entries()) {
    yield { partition, ...(await readFile(file, reader, signal)) };
  }
  return undefined;
}
