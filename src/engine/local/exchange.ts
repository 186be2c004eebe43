import { ManyfitError } from "../../errors.ts";
import { type Bucket, bucketArrays, bucketRowBytes } from "../../protocol/bucket.ts";
import type { RowBatch } from "../../source/stream-rows.ts";
import type { BucketPlan } from "./bucket-plan.ts";

/** Stands where a bucket is not open, so that its memory can go. */
const NO_DOUBLES = new Float64Array(0);
const NO_INTEGERS = new Int32Array(0);

/**
 * Brings the rows of each partition together: rows arrive in any order and are scattered over buckets in shared
 * memory, each of exactly the size that was counted. A bucket leaves when its last row has come, so that its
 * partitions are fitted while others still fill.
 */
export class Exchange {
  readonly #plan: BucketPlan;
  readonly #partitionRows: Float64Array;
  readonly #columnCount: number;
  readonly #open: (Bucket | undefined)[];
  /** Where values of open buckets go: partitions, positions, then columns, each by bucket. */
  readonly #partitionTargets: Int32Array[] = [];
  readonly #doubleTargets: Float64Array[][];
  readonly #filled: Uint32Array;
  readonly #bucketOfRow = new Int32Array(2048);
  readonly #slotOfRow = new Uint32Array(2048);
  #complete = 0;

  constructor(plan: BucketPlan, partitionRows: Float64Array, columnCount: number) {
    this.#plan = plan;
    this.#partitionRows = partitionRows;
    this.#columnCount = columnCount;
    this.#doubleTargets = Array.from({ length: columnCount + 1 }, () => []);
    this.#open = new Array(plan.rowCounts.length);
    this.#filled = new Uint32Array(plan.rowCounts.length);
  }

  /** Whether every bucket has all its rows. */
  get isComplete(): boolean {
    return this.#complete === this.#plan.rowCounts.length;
  }

  /** Takes some rows in, and gives the buckets that are complete with them. */
  scatter(rows: RowBatch): Bucket[] {
    const completed = this.#assignSlots(rows);
    this.#copy(rows.rowCount, rows.partition, this.#partitionTargets);
    this.#copy(rows.rowCount, rows.position, this.#doubleTargets[0]!);
    for (let i = 0; i < this.#columnCount; i++) {
      this.#copy(rows.rowCount, rows.columns[i]!, this.#doubleTargets[i + 1]!);
    }
    return completed.map((index) => this.#takeBucket(index));
  }

  /** Gives each row its bucket and its place there; returns the buckets that are full now. */
  #assignSlots({ rowCount, partition }: RowBatch): number[] {
    const { bucketOf, rowCounts } = this.#plan;
    const completed: number[] = [];
    for (let row = 0; row < rowCount; row++) {
      const index = bucketOf[partition[row]!]!;
      const slot = this.#filled[index]!++;
      if (slot === 0) this.#openBucket(index);
      if (slot + 1 >= rowCounts[index]!) {
        if (slot + 1 > rowCounts[index]!) throw tooManyRows();
        completed.push(index);
      }
      this.#bucketOfRow[row] = index;
      this.#slotOfRow[row] = slot;
    }
    return completed;
  }

  #copy<T extends Float64Array | Int32Array>(rowCount: number, values: T, targets: readonly T[]): void {
    for (let row = 0; row < rowCount; row++) {
      targets[this.#bucketOfRow[row]!]![this.#slotOfRow[row]!] = values[row]!;
    }
  }

  #openBucket(index: number): void {
    const rowCount = this.#plan.rowCounts[index]!;
    const firstPartition = this.#plan.first[index]!;
    const bucket: Bucket = {
      memory: new SharedArrayBuffer(rowCount * bucketRowBytes(this.#columnCount)),
      rowCount,
      columnCount: this.#columnCount,
      firstPartition,
      partitionRows: this.#partitionRows.slice(firstPartition, this.#plan.first[index + 1]!),
    };
    const { partition, position, columns } = bucketArrays(bucket);
    this.#open[index] = bucket;
    this.#partitionTargets[index] = partition;
    for (const [i, target] of [position, ...columns].entries()) this.#doubleTargets[i]![index] = target;
  }

  #takeBucket(index: number): Bucket {
    const bucket = this.#open[index]!;
    this.#open[index] = undefined;
    this.#partitionTargets[index] = NO_INTEGERS;
    for (const targets of this.#doubleTargets) targets[index] = NO_DOUBLES;
    this.#complete++;
    return bucket;
  }
}

function tooManyRows(): ManyfitError {
  return new ManyfitError(
    "source_changed",
    "source has more rows of some keys than were counted; run again when nothing writes to it, and with a --where that always says the same",
  );
}
