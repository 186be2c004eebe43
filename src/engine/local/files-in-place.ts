import type { FoundPartition } from "./fit-in-place.ts";
import { type FileReader, readFile } from "./read-file.ts";

/** All files of a job as partitions, one after the other, read through DuckDB. */
export async function* filesInPlace(
  reader: FileReader,
  signal: AbortSignal,
): AsyncGenerator<FoundPartition, undefined, undefined> {
  for (const partition of reader.inventory.job.files.keys()) {
    const found = await readFile(partition, reader, signal);
    try {
      yield { partition, ...found };
    } finally {
      if ("spill" in found) await found.spill.close();
    }
  }
  return undefined;
}
