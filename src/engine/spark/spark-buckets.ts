import { bucketRowBytes } from "../../protocol/bucket.ts";
import { MAX_TEXT_BYTES } from "../../table/column.ts";
import type { ReadColumn } from "../../table/read-column.ts";
import type { SparkPrepared } from "./prepared.ts";

/**
 * Which partitions one task of Spark's is given: neighbours in key order, which the executor keeps in one bucket. Task `t` has
 * the partitions `first[t] .. first[t + 1]` (exclusive) and `rowCounts[t]` rows.
 */
export interface SparkBuckets {
  readonly first: Int32Array;
  readonly rowCounts: Float64Array;
  /** The task of each partition. */
  readonly taskOf: Int32Array;
  /** Why a partition is fitted by nobody: it is larger than may be at once, and has a task of its own. */
  readonly tooLarge: ReadonlyMap<number, string>;
}

/** What is known of the partitions, in key order. */
export interface SparkPartitions {
  readonly rows: Float64Array;
  /** Bytes of the texts of each partition, for each column; null for numbers. */
  readonly textBytes: readonly (Float64Array | null)[];
  readonly columns: readonly ReadColumn[];
}

/** How many tasks are wanted, and what each may hold. */
export interface TaskWish {
  /** Tasks that the cluster runs at a time. */
  readonly cores: number;
  /** Tasks that the user wishes; null: several for each core. */
  readonly tasks: number | null;
  /** Bytes of the rows of one partition at most. */
  readonly partitionBytes: number;
}

/**
 * Bytes of a task's rows at most, where it has more than one partition: an executor holds them a few times, in Spark's worker,
 * in the host and in order, and each of its cores as much.
 */
const MOST_BYTES = 2 ** 25;

/** A task that takes long is made up for by others, and each task costs Spark only milliseconds. */
const TASKS_PER_CORE = 4;

/** Partitions of a task at most, so that its results stay small. */
const MOST_PARTITIONS = 16_384;

/**
 * Cuts the partitions into one bucket for each task: about as many as are wished and about equally large, more where buckets
 * would be too large, fewer where there are fewer partitions. Pure.
 */
export function planSparkBuckets(
  partitions: SparkPartitions,
  { cores, tasks, partitionBytes }: TaskWish,
): SparkBuckets {
  const { bytes, tooLarge } = bytesOfPartitions(partitions, partitionBytes);
  const total = bytes.reduce((sum, some) => sum + some, 0);
  const wanted = Math.max(tasks ?? TASKS_PER_CORE * cores, Math.ceil(total / MOST_BYTES), 1);
  const taskOf = new Int32Array(bytes.length);
  const first: number[] = [];
  const rowCounts: number[] = [];
  let before = 0;
  let inBucket = 0;
  let share = -1;
  for (let partition = 0; partition < bytes.length; partition++) {
    const own = bytes[partition]!;
    // By its middle, so that shares differ by no more than a partition.
    const ownShare =
      total === 0 ? 0 : Math.min(wanted - 1, Math.floor(((before + own / 2) / total) * wanted));
    const isAlone = tooLarge.has(partition) || tooLarge.has(partition - 1);
    const isFull = inBucket + own > MOST_BYTES || partition - (first.at(-1) ?? 0) >= MOST_PARTITIONS;
    const isTooMuch = isAlone || isFull;
    if (first.length === 0 || ownShare !== share || isTooMuch) {
      first.push(partition);
      rowCounts.push(0);
      inBucket = 0;
    }
    share = ownShare;
    before += own;
    inBucket += own;
    rowCounts[rowCounts.length - 1]! += partitions.rows[partition]!;
    taskOf[partition] = first.length - 1;
  }
  first.push(bytes.length);
  return { first: Int32Array.from(first), rowCounts: Float64Array.from(rowCounts), taskOf, tooLarge };
}

/** Tasks that partitions are fitted in; null where Spark itself packs files into tasks. */
export function sparkTaskCount(prepared: SparkPrepared, wish: TaskWish): number | null {
  if (prepared.kind === "files") return null;
  return planSparkBuckets(partitionsOf(prepared), wish).rowCounts.length;
}

/** What a bucket plan needs of an inspection. */
export function partitionsOf({
  inventory,
  dictionary,
}: Extract<SparkPrepared, { readonly kind: "keys" }>): SparkPartitions {
  return { rows: inventory.rows, textBytes: dictionary.textBytes, columns: inventory.job.readColumns };
}

/** Bytes of each partition in a bucket, and which are larger than they may be. */
function bytesOfPartitions(
  { rows, textBytes, columns }: SparkPartitions,
  partitionBytes: number,
): { readonly bytes: Float64Array; readonly tooLarge: ReadonlyMap<number, string> } {
  const rowBytes = bucketRowBytes(columns);
  const bytes = rows.map((count) => count * rowBytes);
  const tooLarge = new Map<number, string>();
  for (const [i, ofColumn] of textBytes.entries()) {
    if (ofColumn === null) continue;
    for (let partition = 0; partition < bytes.length; partition++) {
      const text = ofColumn[partition]!;
      bytes[partition]! += text;
      if (text > MAX_TEXT_BYTES)
        tooLarge.set(
          partition,
          `has texts of ${text} bytes in column "${columns[i]!.name}", at most ${MAX_TEXT_BYTES} are allowed; name fewer columns in the trainer, or leave rows out in a query sql:…`,
        );
    }
  }
  for (const [partition, own] of bytes.entries()) {
    if (own <= partitionBytes || tooLarge.has(partition)) continue;
    const [needed, there] = [own, partitionBytes].map((some) =>
      Math.ceil(some / 1e6).toLocaleString("en-US"),
    );
    tooLarge.set(
      partition,
      `${rows[partition]!.toLocaleString("en-US")} rows need ${needed} MB to be fitted at once, and ${there} MB are there for one partition; give more with --memory-per-worker (and spark.executor.memoryOverhead), name fewer columns, or leave rows out in a query sql:…`,
    );
  }
  // Nobody brings their rows anywhere.
  for (const partition of tooLarge.keys()) bytes[partition] = 0;
  return { bytes, tooLarge };
}
