import { ManyfitError } from "../errors.ts";
import { type Bucket, bucketArrays } from "../protocol/bucket.ts";
import { sliceColumn } from "../table/column.ts";
import { gatherColumn } from "../table/gather-rows.ts";
import type { PartitionRows } from "../trainer/trainer.ts";
import { orderRows } from "./order-rows.ts";

/** A partition of a bucket with its rows in canonical order. */
export interface CutPartition {
  /** Its place in the bucket, from 0. */
  readonly index: number;
  readonly rows: PartitionRows;
  /** The places of its rows in the bucket. */
  readonly order: Uint32Array;
}

/**
 * Cuts a bucket into its partitions, each in canonical order, one after the other. What comes out are views on one
 * copy of the bucket's columns.
 * @throws ManyfitError `source_changed` if the rows of a partition are not as many as were counted: the source was not
 * the same in both passes.
 */
export function* cutBucket(bucket: Bucket): Generator<CutPartition, void, undefined> {
  const { position, columns, partition } = bucketArrays(bucket);
  const ends = partitionEnds(bucket);
  const rows = rowsByPartition(bucket, partition, ends);
  const scratch = new Uint32Array(bucket.rowCount);
  let from = 0;
  for (const to of ends) {
    if (to - from > 1) orderRows(rows, position, { from, to }, scratch);
    from = to;
  }
  const ordered = columns.map((column) => gatherColumn(column, rows));
  from = 0;
  for (const [index, to] of ends.entries()) {
    const start = from;
    const cut = ordered.map((column) => sliceColumn(column, start, to));
    yield { index, rows: { rowCount: to - start, columns: cut }, order: rows.subarray(start, to) };
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
