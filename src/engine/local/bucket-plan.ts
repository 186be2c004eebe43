import { ManyfitError } from "../../errors.ts";
import { MAX_TEXT_BYTES } from "../../table/column.ts";

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
  /** Bytes of text after which a bucket is full, whatever its rows; default: 64 MiB. */
  readonly textBytes?: number;
}

/** Bytes of text in a bucket where nothing is told; as with rows one partition may have more. */
const FULL_OF_TEXT = 2 ** 26;

/**
 * Cuts the partitions, given by their row counts in key order and the bytes of their texts for each column (null for
 * numbers), into buckets. Partitions whose entry in `isApart` is 1 come another way: each is alone in a bucket that has
 * no rows.
 * @throws ManyfitError `memory_exceeded` for a partition with more text in one column than can be addressed.
 */
export function planBuckets(
  partitionRows: Float64Array,
  limits: BucketLimits,
  textBytes: readonly (Float64Array | null)[] = [],
  isApart: Uint8Array | null = null,
): BucketPlan {
  const fullOfText = limits.textBytes ?? FULL_OF_TEXT;
  const texts = textBytes.filter((bytes) => bytes !== null);
  const bucketOf = new Int32Array(partitionRows.length);
  const first: number[] = [];
  const rowCounts: number[] = [];
  let textSum = 0;
  let wasApart = false;
  for (let partition = 0; partition < partitionRows.length; partition++) {
    const apart = isApart !== null && isApart[partition] === 1;
    const rows = apart ? 0 : partitionRows[partition]!;
    const ofTexts = apart ? 0 : textsOf(texts, partition);
    textSum += ofTexts;
    const current = first.length - 1;
    const isFull =
      current < 0 ||
      apart ||
      wasApart ||
      rowCounts[current]! + rows > limits.rows ||
      textSum > fullOfText ||
      partition - first[current]! >= limits.partitions;
    if (isFull) {
      first.push(partition);
      rowCounts.push(rows);
      textSum = ofTexts;
    } else rowCounts[current]! += rows;
    wasApart = apart;
    bucketOf[partition] = first.length - 1;
  }
  first.push(partitionRows.length);
  return { first: Int32Array.from(first), rowCounts: Float64Array.from(rowCounts), bucketOf };
}

/** Bytes of the texts of a partition. */
function textsOf(texts: readonly Float64Array[], partition: number): number {
  let sum = 0;
  for (const column of texts) {
    const bytes = column[partition]!;
    if (bytes > MAX_TEXT_BYTES) {
      const text = `partition ${partition}: has texts of ${bytes} bytes in one column, at most ${MAX_TEXT_BYTES} are allowed; name fewer columns in the trainer, or filter rows with --where`;
      throw new ManyfitError("memory_exceeded", text);
    }
    sum += bytes;
  }
  return sum;
}

/**
 * Limits that give each worker a good number of buckets to balance with, none so small that its message costs more
 * than its fits, none so large that it leaves the processor's cache: 8,192 to 65,536 rows.
 */
export function defaultLimits(rowCount: number, workers: number): BucketLimits {
  const share = Math.ceil(rowCount / (Math.max(1, workers) * 16));
  return { rows: Math.min(65_536, Math.max(8_192, share)), partitions: 16_384 };
}
