import { bucketRowBytes } from "../../protocol/bucket.ts";
import { workerRowBytes } from "../../protocol/worker-row-bytes.ts";
import type { ReadColumn } from "../../table/read-column.ts";
import { type BucketLimits, type BucketPlan, defaultLimits, planBuckets } from "./bucket-plan.ts";
import type { PartitionSizes } from "./exchange.ts";
import type { FitMemory } from "./memory-budget.ts";
import { type PagePlan, planPages } from "./page-plan.ts";

/** How rows are brought together, and what it takes: plain data. */
export interface ExchangePlan {
  readonly buckets: BucketPlan;
  /** Bytes of the rows of all buckets. */
  readonly bytes: number;
  /** How they go through a file; null where all of them fit into memory. */
  readonly spill: SpillPlan | null;
  /** Partitions that are larger than a worker may hold: their rows are in no bucket. */
  readonly apart: readonly number[];
}

/** How rows go through a file. */
export interface SpillPlan {
  readonly pages: PagePlan;
  /** Bytes of buckets that are read back and not answered at a time; one alone may be larger. */
  readonly loadedBytes: number;
}

/** What an exchange is planned from. */
export interface ExchangeNeed {
  readonly sizes: PartitionSizes;
  readonly columns: readonly ReadColumn[];
  readonly memory: FitMemory;
  readonly workers: number;
  /**
   * Bytes that come to a worker beside the rows of each partition, such as its model: buckets are full of them as they are
   * of texts. Default: none.
   */
  readonly bytesBeside?: Float64Array;
  /** Sizes of buckets that are told; null: by rows, workers and memory. */
  readonly limits: BucketLimits | null;
}

/** Pages that are smaller than this are read back slowly: then buckets become larger, and fewer. */
const GOOD_PAGE_BYTES = 2 ** 16;

/** Buckets that a worker has or that wait for it, at most. */
const BUCKETS_PER_WORKER = 3;

/** How large a partition is. */
export interface PartitionSize {
  readonly rows: number;
  /** What its rows take in a worker: as they came, and in order. */
  readonly bytes: number;
}

/** The size of some rows with that many bytes of texts. */
export function sizeOfRows(rows: number, textBytes: number, columns: readonly ReadColumn[]): PartitionSize {
  return { rows, bytes: rows * workerRowBytes(columns) + 2 * textBytes };
}

/** The size of one of many partitions. */
export function sizeOf(
  { rows, textBytes }: PartitionSizes,
  columns: readonly ReadColumn[],
  partition: number,
): PartitionSize {
  let texts = 0;
  for (const bytes of textBytes) if (bytes !== null) texts += bytes[partition]!;
  return sizeOfRows(rows[partition]!, texts, columns);
}

/** Plans an exchange. Pure. @throws as {@link planBuckets}. */
export function planExchange(need: ExchangeNeed): ExchangePlan {
  const { sizes, columns, memory, workers } = need;
  const { isApart, apart } = findApart(need);
  const sums = sumSizes(sizes, isApart);
  const bytes = sums.rows * bucketRowBytes(columns) + sums.texts.reduce((a, b) => a + b, 0);
  const isSpilled = bytes > memory.exchangeBytes;
  const limits = need.limits ?? limitsWithin(memory, { bytes, isSpilled, rows: sums.rows, columns, workers });
  const texts = need.bytesBeside === undefined ? sizes.textBytes : [...sizes.textBytes, need.bytesBeside];
  const buckets = planBuckets(sizes.rows, limits, texts, isApart);
  if (!isSpilled) return { buckets, bytes, spill: null, apart };
  const pages = planPages({
    bucketCount: buckets.rowCounts.length,
    memoryBytes: memory.exchangeBytes / 2,
    columns,
    meanTextBytes: sums.texts.map((texts) => texts / Math.max(1, sums.rows)),
  });
  return { buckets, bytes, spill: { pages, loadedBytes: memory.exchangeBytes / 2 }, apart };
}

function findApart({ sizes, columns, memory }: ExchangeNeed): {
  readonly isApart: Uint8Array | null;
  readonly apart: number[];
} {
  const apart: number[] = [];
  for (let partition = 0; partition < sizes.rows.length; partition++) {
    if (sizeOf(sizes, columns, partition).bytes > memory.partitionBytes) apart.push(partition);
  }
  if (apart.length === 0) return { isApart: null, apart };
  const isApart = new Uint8Array(sizes.rows.length);
  for (const partition of apart) isApart[partition] = 1;
  return { isApart, apart };
}

function sumSizes(
  { rows, textBytes }: PartitionSizes,
  isApart: Uint8Array | null,
): { readonly rows: number; readonly texts: number[] } {
  const sumOf = (values: Float64Array | null): number => {
    let sum = 0;
    if (values === null) return 0;
    for (let i = 0; i < values.length; i++) if (isApart === null || isApart[i] === 0) sum += values[i]!;
    return sum;
  };
  return { rows: sumOf(rows), texts: textBytes.map(sumOf) };
}

interface LimitsNeed {
  readonly bytes: number;
  readonly rows: number;
  readonly isSpilled: boolean;
  readonly columns: readonly ReadColumn[];
  readonly workers: number;
}

/** Buckets that are good to work with, each small enough for a worker, and few enough for good pages. */
function limitsWithin(
  { exchangeBytes, partitionBytes: most, bucketPartitions }: FitMemory,
  { bytes, rows, isSpilled, columns, workers }: LimitsNeed,
): BucketLimits {
  const byDefault = defaultLimits(rows, workers);
  const [stored, cut] = [bucketRowBytes(columns), workerRowBytes(columns)];
  const goodCount = exchangeBytes / 2 / GOOD_PAGE_BYTES;
  const wanted = isSpilled ? Math.max(byDefault.rows, Math.ceil(rows / goodCount)) : byDefault.rows;
  const loaded = exchangeBytes / 2 / (BUCKETS_PER_WORKER * Math.max(1, workers));
  const mostBytes = isSpilled ? Math.min(most / 2, loaded) : most / 2;
  const meanBytes = Math.max(stored, bytes / Math.max(1, rows));
  return {
    rows: Math.max(1, Math.min(wanted, Math.floor(mostBytes / meanBytes), Math.floor(most / cut))),
    partitions: Math.min(byDefault.partitions, bucketPartitions),
    textBytes: Math.min(2 ** 26, Math.floor(mostBytes)),
  };
}
