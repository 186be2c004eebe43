/**
 * All rows of some neighbouring partitions in shared memory, in the order in which they arrived. One buffer, filled
 * by one thread and then only read by another: `position` (a double per row, its place in the source), then the
 * trainer's columns (a double per row each), then `partition` (an int32 per row).
 */
export interface Bucket {
  readonly memory: SharedArrayBuffer;
  readonly rowCount: number;
  /** How many columns the trainer reads. */
  readonly columnCount: number;
  /** Number of the first partition of the bucket. */
  readonly firstPartition: number;
  /** Rows of each partition of the bucket, as counted before. */
  readonly partitionRows: Float64Array;
}

/** The arrays of a bucket: views on its memory. */
export interface BucketArrays {
  readonly position: Float64Array;
  readonly columns: readonly Float64Array[];
  readonly partition: Int32Array;
}

/** Bytes that one row of a bucket takes. */
export function bucketRowBytes(columnCount: number): number {
  return 8 + 8 * columnCount + 4;
}

/** Views on a bucket's memory. */
export function bucketArrays(bucket: Bucket): BucketArrays {
  const { memory, rowCount, columnCount } = bucket;
  const doubles = (index: number): Float64Array => new Float64Array(memory, index * rowCount * 8, rowCount);
  return {
    position: doubles(0),
    columns: Array.from({ length: columnCount }, (_, i) => doubles(i + 1)),
    partition: new Int32Array(memory, (columnCount + 1) * rowCount * 8, rowCount),
  };
}
