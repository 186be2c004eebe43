import { type Bucket, type BucketArrays, bucketArrays, bucketBytes } from "../../protocol/bucket.ts";
import type { RowBatch } from "../../source/stream-rows.ts";
import type { ReadColumn } from "../../table/read-column.ts";
import type { BucketPlan } from "./bucket-plan.ts";
import { bucketShape, type PartitionSizes, sourceChanged } from "./exchange.ts";
import type { PagePlan } from "./page-plan.ts";
import { PageSlab } from "./page-slab.ts";
import type { SpillFile } from "./spill-file.ts";

/** What a {@link PagedExchange} works with. */
export interface PagedExchangeOptions {
  readonly plan: BucketPlan;
  readonly sizes: PartitionSizes;
  readonly columns: readonly ReadColumn[];
  readonly pages: PagePlan;
  /** Where full pages go. It stays open until all buckets are loaded. */
  readonly file: SpillFile;
}

/** A page in the file: a bucket of its own, without what all pages of a bucket share. */
interface StoredPage {
  readonly offset: number;
  readonly rows: number;
  readonly textBytes: readonly number[];
}

/**
 * Brings the rows of each partition together where they do not fit into memory: every bucket fills a page in memory,
 * full pages go to a file, and a bucket that is complete is loaded when it is wanted. A bucket is then what
 * {@link Exchange} would have made of the same rows, to the byte.
 */
export class PagedExchange {
  readonly #options: PagedExchangeOptions;
  readonly #slab: PageSlab;
  readonly #stored: StoredPage[][];
  readonly #filled: Uint32Array;
  readonly #places = new Uint32Array(2048);
  #scratch = new ArrayBuffer(0);
  #complete = 0;

  constructor(options: PagedExchangeOptions) {
    const { plan, columns, pages } = options;
    const bucketCount = plan.rowCounts.length;
    this.#options = options;
    this.#slab = new PageSlab(bucketCount, columns, pages);
    this.#stored = Array.from({ length: bucketCount }, () => []);
    this.#filled = new Uint32Array(bucketCount);
    for (const rows of plan.rowCounts) if (rows === 0) this.#complete++;
  }

  /** Whether every bucket has all its rows. */
  get isComplete(): boolean {
    return this.#complete === this.#options.plan.rowCounts.length;
  }

  /**
   * Takes some rows in, and gives the buckets that are complete with them. The batch is read until the promise is
   * settled.
   * @throws ManyfitError `source_changed` for more rows than were counted, `memory_exceeded`.
   */
  async scatter(rows: RowBatch): Promise<number[]> {
    const { file } = this.#options;
    const completed: number[] = [];
    let from = 0;
    while (from < rows.rowCount) {
      const { to, fullPage } = this.#assign(rows, from, completed);
      this.#slab.put(rows, from, to, this.#places);
      if (fullPage >= 0) this.#store(fullPage);
      if (file.isFull) await file.untilRoom();
      from = to;
    }
    return completed;
  }

  /**
   * A complete bucket in memory of its own; gives up what was kept of it.
   * @throws ManyfitError `source_changed` for other texts than were counted, `memory_exceeded`.
   */
  async load(index: number): Promise<Bucket> {
    const { plan, sizes, columns, file } = this.#options;
    const stored = this.#stored[index]!;
    if (stored.length > 0) await file.flush();
    const shape = bucketShape(index, plan, sizes, columns);
    const bucket: Bucket = { ...shape, memory: new SharedArrayBuffer(bucketBytes(shape)) };
    const arrays = bucketArrays(bucket);
    const texts = columns.map(() => 0);
    let rows = 0;
    for (const page of stored) {
      const from = this.#read(page);
      checkTexts(texts, page.textBytes, bucket);
      copyRows(from, arrays, rows, texts);
      rows += page.rows;
      addTo(texts, page.textBytes);
    }
    checkTexts(texts, this.#slab.textBytesIn(index), bucket);
    copyRows(this.#slab.page(index), arrays, rows, texts);
    this.#slab.free(index);
    this.#stored[index] = [];
    return bucket;
  }

  /** Gives rows their places, up to the one that fills a page. */
  #assign(rows: RowBatch, from: number, completed: number[]): { to: number; fullPage: number } {
    const { bucketOf, rowCounts } = this.#options.plan;
    for (let row = from; row < rows.rowCount; row++) {
      const index = bucketOf[rows.partition[row]!]!;
      const count = ++this.#filled[index]!;
      if (count > rowCounts[index]!) throw sourceChanged();
      this.#places[row] = this.#slab.take(index, rows, row);
      // The last page of a bucket stays in memory until the bucket is loaded.
      if (count === rowCounts[index]!) {
        completed.push(index);
        this.#complete++;
      } else if (this.#slab.isFull(index)) return { to: row + 1, fullPage: index };
    }
    return { to: rows.rowCount, fullPage: -1 };
  }

  /** Sends the page of a bucket to the file. */
  #store(index: number): void {
    const { file } = this.#options;
    const rows = this.#slab.rowsIn(index);
    const textBytes = this.#slab.textBytesIn(index);
    const page = this.#pageBucket({ rows, textBytes });
    copyRows(
      this.#slab.page(index),
      bucketArrays(page),
      0,
      textBytes.map(() => 0),
    );
    const offset = file.append(new Uint8Array(page.memory, 0, bucketBytes(page)));
    this.#stored[index]!.push({ offset, rows, textBytes });
    this.#slab.clear(index);
  }

  #read(page: StoredPage): BucketArrays {
    const bucket = this.#pageBucket(page);
    this.#options.file.read(page.offset, new Uint8Array(bucket.memory, 0, bucketBytes(bucket)));
    return bucketArrays(bucket);
  }

  /** A bucket of a page's size in memory that the next page overwrites. */
  #pageBucket({ rows, textBytes }: Omit<StoredPage, "offset">): Bucket {
    const { columns } = this.#options;
    const shape = { rowCount: rows, columns, textBytes, firstPartition: 0, partitionRows: NO_DOUBLES };
    const size = bucketBytes(shape);
    if (this.#scratch.byteLength < size) this.#scratch = new ArrayBuffer(size);
    return { ...shape, memory: this.#scratch };
  }
}

const NO_DOUBLES = new Float64Array(0);

/** Copies rows behind `rowsBefore` others, whose texts end at `textsBefore`. */
function copyRows(
  from: BucketArrays,
  to: BucketArrays,
  rowsBefore: number,
  textsBefore: readonly number[],
): void {
  to.partition.set(from.partition, rowsBefore);
  to.position.set(from.position, rowsBefore);
  for (const [i, column] of from.columns.entries()) {
    const into = to.columns[i]!;
    if (column.isValid !== null) into.isValid?.set(column.isValid, rowsBefore);
    if (column.kind === "numbers" && into.kind === "numbers") into.values.set(column.values, rowsBefore);
    if (column.kind === "texts" && into.kind === "texts") {
      const before = textsBefore[i]!;
      for (let row = 0; row < column.ends.length; row++)
        into.ends[rowsBefore + row] = before + column.ends[row]!;
      into.bytes.set(column.bytes, before);
    }
  }
}

/** Throws where texts would not fit behind those before. */
function checkTexts(before: readonly number[], added: readonly number[], { textBytes }: Bucket): void {
  for (const [i, bytes] of added.entries()) if (before[i]! + bytes > textBytes[i]!) throw sourceChanged();
}

function addTo(sums: number[], added: readonly number[]): void {
  for (const [i, bytes] of added.entries()) sums[i]! += bytes;
}
