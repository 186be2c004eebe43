import type { ColumnValues } from "../table/column.ts";
import type { ReadColumn } from "../table/read-column.ts";

/**
 * All rows of some neighbouring partitions in one piece of memory, in the order in which they arrived: filled by one
 * thread and then only read. Every array lies at a multiple of 8 bytes: `position` (a double per row, its place in the
 * source), `partition` (an int32 per row), then for each column its values (a double per row, or for texts where each
 * ends, as uint32, and behind that their bytes) and, where NULLs are told apart, its validity (a byte per row).
 */
export interface Bucket {
  /** Shared between threads; a copy of it in a process of its own. */
  readonly memory: ArrayBufferLike;
  readonly rowCount: number;
  /** The columns that the trainer reads. */
  readonly columns: readonly ReadColumn[];
  /** Bytes of all texts of each column, 0 for columns of numbers. */
  readonly textBytes: readonly number[];
  /** Number of the first partition of the bucket. */
  readonly firstPartition: number;
  /** Rows of each partition of the bucket, as counted before. */
  readonly partitionRows: Float64Array;
}

/** The arrays of a bucket: views on its memory, to be written and to be read. */
export interface BucketArrays {
  readonly position: Float64Array;
  readonly partition: Int32Array;
  readonly columns: readonly BucketColumn[];
}

/** The arrays of one column. */
export type BucketColumn = ColumnValues;

/** Bytes that a bucket takes. */
export function bucketBytes(bucket: Omit<Bucket, "memory">): number {
  return layOut(bucket).size;
}

/** Bytes that one row takes, without its texts. */
export function bucketRowBytes(columns: readonly ReadColumn[]): number {
  return columns.reduce(
    (sum, { type, hasValidity }) => sum + (type === "text" ? 4 : 8) + (hasValidity ? 1 : 0),
    12,
  );
}

/** Views on a bucket's memory. */
export function bucketArrays(bucket: Bucket): BucketArrays {
  const { memory, rowCount, columns, textBytes } = bucket;
  const { starts } = layOut(bucket);
  let next = 0;
  const start = (): number => starts[next++]!;
  return {
    position: new Float64Array(memory, start(), rowCount),
    partition: new Int32Array(memory, start(), rowCount),
    columns: columns.map(({ type, hasValidity }, i): BucketColumn => {
      if (type !== "text") {
        const values = new Float64Array(memory, start(), rowCount);
        return {
          kind: "numbers",
          values,
          isValid: hasValidity ? new Uint8Array(memory, start(), rowCount) : null,
        };
      }
      const ends = new Uint32Array(memory, start(), rowCount);
      const bytes = new Uint8Array(memory, start(), textBytes[i]!);
      const isValid = hasValidity ? new Uint8Array(memory, start(), rowCount) : null;
      return { kind: "texts", bytes, ends, start: 0, isValid };
    }),
  };
}

/** Where each array begins, in the order in which {@link bucketArrays} makes them, and the bytes of all. */
function layOut({ rowCount, columns, textBytes }: Omit<Bucket, "memory">): {
  starts: number[];
  size: number;
} {
  const starts: number[] = [];
  let size = 0;
  const add = (bytes: number): void => {
    starts.push(size);
    size += Math.ceil(bytes / 8) * 8;
  };
  add(8 * rowCount);
  add(4 * rowCount);
  for (const [i, { type, hasValidity }] of columns.entries()) {
    if (type === "text") {
      add(4 * rowCount);
      add(textBytes[i]!);
    } else add(8 * rowCount);
    if (hasValidity) add(rowCount);
  }
  return { starts, size };
}
