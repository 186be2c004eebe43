import { ManyfitError } from "../../errors.ts";
import { type Bucket, type BucketArrays, bucketArrays, bucketBytes } from "../../protocol/bucket.ts";
import type { BatchColumn, RowBatch } from "../../source/stream-rows.ts";
import type { TextValues } from "../../table/column.ts";
import type { ReadColumn } from "../../table/read-column.ts";
import type { BucketPlan } from "./bucket-plan.ts";

/** Stands where a bucket is not open, so that its memory can go. */
const NO_DOUBLES = new Float64Array(0);
const NO_INTEGERS = new Int32Array(0);
const NO_BYTES = new Uint8Array(0);

/** What was counted of every partition before its rows come. */
export interface PartitionSizes {
  readonly rows: Float64Array;
  /** Bytes of its texts, for each column; null for columns of numbers. */
  readonly textBytes: readonly (Float64Array | null)[];
}

/** Where values of one column of the open buckets go, by bucket. */
interface ColumnTargets {
  readonly values: Float64Array[];
  readonly isValid: Uint8Array[] | null;
  readonly texts: (TextValues | undefined)[];
}

/**
 * Brings the rows of each partition together: rows arrive in any order and are scattered over buckets in shared
 * memory, each of exactly the size that was counted. A bucket leaves when its last row has come, so that its
 * partitions are fitted while others still fill.
 */
export class Exchange {
  readonly #plan: BucketPlan;
  readonly #sizes: PartitionSizes;
  readonly #columns: readonly ReadColumn[];
  readonly #open: (Bucket | undefined)[];
  readonly #partitionTargets: Int32Array[] = [];
  readonly #positionTargets: Float64Array[] = [];
  readonly #columnTargets: readonly ColumnTargets[];
  readonly #filled: Uint32Array;
  readonly #bucketOfRow = new Int32Array(2048);
  readonly #slotOfRow = new Uint32Array(2048);
  #complete = 0;

  constructor(plan: BucketPlan, sizes: PartitionSizes, columns: readonly ReadColumn[]) {
    this.#plan = plan;
    this.#sizes = sizes;
    this.#columns = columns;
    this.#columnTargets = columns.map(({ hasValidity }) => ({
      values: [],
      isValid: hasValidity ? [] : null,
      texts: [],
    }));
    this.#open = new Array(plan.rowCounts.length);
    this.#filled = new Uint32Array(plan.rowCounts.length);
    // To buckets without rows nothing will come.
    for (const rows of plan.rowCounts) if (rows === 0) this.#complete++;
  }

  /** Whether every bucket has all its rows. */
  get isComplete(): boolean {
    return this.#complete === this.#plan.rowCounts.length;
  }

  /** Takes some rows in, and gives the buckets that are complete with them. */
  scatter(rows: RowBatch): Bucket[] {
    const completed = this.#assignSlots(rows);
    this.#copy(rows.rowCount, rows.partition, this.#partitionTargets);
    this.#copy(rows.rowCount, rows.position, this.#positionTargets);
    for (const [i, targets] of this.#columnTargets.entries()) {
      this.#copyColumn(rows.rowCount, rows.columns[i]!, targets);
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
        if (slot + 1 > rowCounts[index]!) throw sourceChanged();
        completed.push(index);
      }
      this.#bucketOfRow[row] = index;
      this.#slotOfRow[row] = slot;
    }
    return completed;
  }

  #copy<T extends Float64Array | Int32Array | Uint8Array>(
    rowCount: number,
    values: T,
    targets: readonly T[],
  ): void {
    for (let row = 0; row < rowCount; row++) {
      targets[this.#bucketOfRow[row]!]![this.#slotOfRow[row]!] = values[row]!;
    }
  }

  #copyColumn(rowCount: number, column: BatchColumn, targets: ColumnTargets): void {
    if (column.kind === "texts") this.#copyTexts(rowCount, column.values, targets);
    else {
      this.#copy(rowCount, column.values, targets.values);
      if (targets.isValid !== null) this.#copyValidity(rowCount, column.isValid, targets);
    }
  }

  /** Copies validity, and puts NaN where there is no value: DuckDB leaves anything there. */
  #copyValidity(rowCount: number, isValid: Uint8Array | null, targets: ColumnTargets): void {
    for (let row = 0; row < rowCount; row++) {
      const bucket = this.#bucketOfRow[row]!;
      const slot = this.#slotOfRow[row]!;
      const valid = isValid === null ? 1 : isValid[row]!;
      targets.isValid![bucket]![slot] = valid;
      if (valid === 0) targets.values[bucket]![slot] = Number.NaN;
    }
  }

  /** Appends texts: rows come to a bucket in the order of its slots. */
  #copyTexts(rowCount: number, values: readonly (Uint8Array | null)[], targets: ColumnTargets): void {
    for (let row = 0; row < rowCount; row++) {
      const bucket = this.#bucketOfRow[row]!;
      const slot = this.#slotOfRow[row]!;
      const text = values[row]!;
      const { bytes, ends } = targets.texts[bucket]!;
      const start = slot === 0 ? 0 : ends[slot - 1]!;
      const end = start + (text?.length ?? 0);
      if (end > bytes.length) throw sourceChanged();
      if (text !== null) bytes.set(text, start);
      ends[slot] = end;
      if (targets.isValid !== null) targets.isValid[bucket]![slot] = text === null ? 0 : 1;
    }
  }

  #openBucket(index: number): void {
    const shape = bucketShape(index, this.#plan, this.#sizes, this.#columns);
    const bucket: Bucket = { ...shape, memory: new SharedArrayBuffer(bucketBytes(shape)) };
    this.#open[index] = bucket;
    this.#aim(index, bucketArrays(bucket));
  }

  #aim(index: number, { partition, position, columns }: BucketArrays): void {
    this.#partitionTargets[index] = partition;
    this.#positionTargets[index] = position;
    for (const [i, column] of columns.entries()) {
      const targets = this.#columnTargets[i]!;
      if (column.kind === "numbers") targets.values[index] = column.values;
      else targets.texts[index] = column;
      if (targets.isValid !== null) targets.isValid[index] = column.isValid ?? NO_BYTES;
    }
  }

  #takeBucket(index: number): Bucket {
    const bucket = this.#open[index]!;
    this.#open[index] = undefined;
    this.#partitionTargets[index] = NO_INTEGERS;
    this.#positionTargets[index] = NO_DOUBLES;
    for (const targets of this.#columnTargets) {
      targets.values[index] = NO_DOUBLES;
      targets.texts[index] = undefined;
      if (targets.isValid !== null) targets.isValid[index] = NO_BYTES;
    }
    this.#complete++;
    return bucket;
  }
}

/** A bucket of a plan, but for its memory. */
export function bucketShape(
  index: number,
  plan: BucketPlan,
  { rows, textBytes }: PartitionSizes,
  columns: readonly ReadColumn[],
): Omit<Bucket, "memory"> {
  const firstPartition = plan.first[index]!;
  const end = plan.first[index + 1]!;
  return {
    rowCount: plan.rowCounts[index]!,
    columns,
    textBytes: textBytes.map((bytes) => sumOf(bytes, firstPartition, end)),
    firstPartition,
    partitionRows: rows.slice(firstPartition, end),
  };
}

function sumOf(values: Float64Array | null, from: number, to: number): number {
  let sum = 0;
  if (values !== null) for (let i = from; i < to; i++) sum += values[i]!;
  return sum;
}

/** The error of rows or texts beyond those that were counted. */
export function sourceChanged(): ManyfitError {
  return new ManyfitError(
    "source_changed",
    "source has more rows or longer texts of some keys than were counted; run again when nothing writes to it, and with a --where that always says the same",
  );
}
