import type { ReadColumn } from "../table/read-column.ts";
import { bucketRowBytes } from "./bucket.ts";

/** Bytes that a row takes in a worker, without its texts: as it came, and in order. */
export function workerRowBytes(columns: readonly ReadColumn[]): number {
  const stored = bucketRowBytes(columns);
  // A cutter orders all but position and partition, by two lists of row numbers.
  return stored + stored - 12 + 8;
}
