import { ManyfitError } from "../errors.ts";
import { type Bucket, bucketArrays } from "../protocol/bucket.ts";
import { type ColumnValues, sliceColumn, type TextValues } from "../table/column.ts";
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

function gatherColumn(column: ColumnValues, rows: Uint32Array): ColumnValues {
  if (column.kind === "texts") return gatherTexts(column, rows);
  const { values, isValid } = column;
  return {
    kind: "numbers",
    values: gather(values, rows, new Float64Array(rows.length)),
    isValid: isValid && gather(isValid, rows, new Uint8Array(rows.length)),
  };
}

function gatherTexts({ bytes, ends, isValid }: TextValues, rows: Uint32Array): TextValues {
  const gathered = new Uint8Array(bytes.length);
  const gatheredEnds = new Uint32Array(rows.length);
  let end = 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    const start = row === 0 ? 0 : ends[row - 1]!;
    gathered.set(bytes.subarray(start, ends[row]!), end);
    end += ends[row]! - start;
    gatheredEnds[i] = end;
  }
  return {
    kind: "texts",
    bytes: gathered,
    ends: gatheredEnds,
    start: 0,
    isValid: isValid && gather(isValid, rows, new Uint8Array(rows.length)),
  };
}

function gather<T extends Float64Array | Uint8Array>(values: T, rows: Uint32Array, gathered: T): T {
  for (let i = 0; i < rows.length; i++) gathered[i] = values[rows[i]!]!;
  return gathered;
}
