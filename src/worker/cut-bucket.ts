import { ManyfitError } from "../errors.ts";
import { type Bucket, bucketArrays } from "../protocol/bucket.ts";
import type { PartitionRows } from "../trainer/trainer.ts";
import { orderRows } from "./order-rows.ts";

/**
 * Cuts a bucket into its partitions, each in canonical order, and calls `visit` for one after the other. What `visit`
 * gets are views on one copy of the bucket's columns. Throws if the rows of a partition are not as many as counted:
 * the source was not the same in both passes.
 */
export function cutBucket(bucket: Bucket, visit: (rows: PartitionRows) => void): void {
  const { position, columns, partition } = bucketArrays(bucket);
  const ends = partitionEnds(bucket);
  const rows = rowsByPartition(bucket, partition, ends);
  const scratch = new Uint32Array(bucket.rowCount);
  let from = 0;
  for (const to of ends) {
    if (to - from > 1) orderRows(rows, position, { from, to }, scratch);
    from = to;
  }
  const ordered = columns.map((column) => gather(column, rows));
  from = 0;
  for (const to of ends) {
    const start = from;
    visit({ rowCount: to - start, columns: ordered.map((column) => column.subarray(start, to)) });
    from = to;
  }
}

/** Where each partition's rows end, exclusive. */
function partitionEnds(bucket: Bucket): Uint32Array {
  const ends = new Uint32Array(bucket.partitionRows.length);
  let end = 0;
  for (const [index, rows] of bucket.partitionRows.entries()) {
    end += rows;
    ends[index] = end;
  }
  return ends;
}

/** The bucket's rows, partition after partition, within each in order of arrival. */
function rowsByPartition(bucket: Bucket, partition: Int32Array, ends: Uint32Array): Uint32Array {
  const next = new Uint32Array(ends.length);
  for (let i = 1; i < ends.length; i++) next[i] = ends[i - 1]!;
  const rows = new Uint32Array(bucket.rowCount);
  for (let row = 0; row < bucket.rowCount; row++) {
    const index = partition[row]! - bucket.firstPartition;
    rows[next[index]!++] = row;
  }
  for (let i = 0; i < ends.length; i++) {
    if (next[i] === ends[i]) continue;
    const found = bucket.partitionRows[i]! + next[i]! - ends[i]!;
    throw new ManyfitError(
      "source_changed",
      `partition ${bucket.firstPartition + i}: ${bucket.partitionRows[i]} rows were counted and ${found} were read; run again when nothing writes to the source`,
    );
  }
  return rows;
}

function gather(column: Float64Array, rows: Uint32Array): Float64Array {
  const gathered = new Float64Array(rows.length);
  for (let i = 0; i < rows.length; i++) gathered[i] = column[rows[i]!]!;
  return gathered;
}
