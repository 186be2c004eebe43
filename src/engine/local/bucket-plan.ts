/**
 * Which partitions lie together in one bucket: neighbours in key order, so that a bucket is a range. Bucket `b` has
 * the partitions `first[b] .. first[b + 1]` (exclusive) and `rowCounts[b]` rows.
 */
export interface BucketPlan {
  readonly first: Int32Array;
  readonly rowCounts: Float64Array;
  /** The bucket of each partition. */
  readonly bucketOf: Int32Array;
}

/** How large buckets become. */
export interface BucketLimits {
  /** Rows after which a bucket is full; one partition may be larger, and is then alone. */
  readonly rows: number;
  /** Partitions at most, so that one batch of results stays small. */
  readonly partitions: number;
}

/** Cuts the partitions, given by their row counts in key order, into buckets. */
export function planBuckets(partitionRows: Float64Array, limits: BucketLimits): BucketPlan {
  const bucketOf = new Int32Array(partitionRows.length);
  const first: number[] = [];
  const rowCounts: number[] = [];
  for (let partition = 0; partition < partitionRows.length; partition++) {
    const rows = partitionRows[partition]!;
    const current = first.length - 1;
    const isFull =
      current < 0 ||
      rowCounts[current]! + rows > limits.rows ||
      partition - first[current]! >= limits.partitions;
    if (isFull) {
      first.push(partition);
      rowCounts.push(rows);
    } else rowCounts[current]! += rows;
    bucketOf[partition] = first.length - 1;
  }
  first.push(partitionRows.length);
  return { first: Int32Array.from(first), rowCounts: Float64Array.from(rowCounts), bucketOf };
}

/**
 * Limits that give each worker a good number of buckets to balance with, none so small that its message costs more
 * than its fits, none so large that it leaves the processor's cache: 8,192 to 65,536 rows.
 */
export function defaultLimits(rowCount: number, workers: number): BucketLimits {
  const share = Math.ceil(rowCount / (Math.max(1, workers) * 16));
  return { rows: Math.min(65_536, Math.max(8_192, share)), partitions: 16_384 };
}
