import { ManyfitError } from "../../../errors.ts";
import { type Bucket, type BucketColumn, bucketArrays, bucketBytes } from "../../../protocol/bucket.ts";
import type { ReadColumn } from "../../../table/read-column.ts";
import type { ArrivingColumn, JobBucket, RowsMessage } from "./job-file.ts";

const ADVICE = "run again when nothing writes to the source";

/**
 * Brings the rows of one task together in shared memory, in the order in which they arrive, and counts them: what does not
 * fit what was counted before is refused, and never written.
 */
export class FillBucket {
  readonly #bucket: Bucket;
  readonly #position: Float64Array;
  readonly #partition: Int32Array;
  readonly #columns: readonly BucketColumn[];
  /** Rows of each partition that have arrived. */
  readonly #arrived: Float64Array;
  /** Bytes of texts of each column that have arrived. */
  readonly #textBytes: Float64Array;
  #rowCount = 0;

  /** @throws ManyfitError `memory_exceeded` where the machine has no room for the bucket. */
  constructor(job: JobBucket, columns: readonly ReadColumn[]) {
    const { firstPartition, partitionRows, textBytes } = job;
    const rowCount = partitionRows.reduce((sum, rows) => sum + rows, 0);
    const shape = { rowCount, columns, textBytes, firstPartition, partitionRows };
    this.#bucket = { memory: memoryOf(bucketBytes(shape)), ...shape };
    const arrays = bucketArrays(this.#bucket);
    this.#position = arrays.position;
    this.#partition = arrays.partition;
    this.#columns = arrays.columns;
    this.#arrived = new Float64Array(partitionRows.length);
    this.#textBytes = new Float64Array(columns.length);
  }

  /**
   * Takes some rows.
   * @throws ManyfitError `source_changed` for rows that were not counted, `internal` for columns that are not the job's.
   */
  add({ rowCount, position, partition, columns }: RowsMessage): void {
    checkLengths(rowCount, [position.length, partition.length]);
    if (columns.length !== this.#columns.length)
      throw damaged(`${columns.length} columns, expected ${this.#columns.length}`);
    this.#count(partition);
    const start = this.#rowCount;
    this.#position.set(position, start);
    this.#partition.set(partition, start);
    for (const [i, column] of columns.entries()) this.#addColumn(i, column, rowCount);
    this.#rowCount += rowCount;
  }

  /**
   * The bucket, when all its rows are there.
   * @throws ManyfitError `source_changed` where rows or texts are missing.
   */
  finish(): Bucket {
    const { firstPartition, partitionRows, textBytes } = this.#bucket;
    for (const [i, rows] of partitionRows.entries()) {
      if (this.#arrived[i] === rows) continue;
      throw changed(
        `partition ${firstPartition + i}: ${rows} rows were counted and ${this.#arrived[i]} were read`,
      );
    }
    for (const [i, bytes] of textBytes.entries())
      if (this.#textBytes[i] !== bytes) throw this.#textsChanged(i, this.#textBytes[i]!);
    return this.#bucket;
  }

  #count(partition: Int32Array): void {
    const { firstPartition, partitionRows } = this.#bucket;
    for (const number of partition) {
      if (number === -1) throw changed("a row has a key that was not there when keys were counted");
      const index = number - firstPartition;
      const counted = partitionRows[index];
      if (counted === undefined)
        throw damaged(
          `a row of partition ${number}, expected ${firstPartition} to ${firstPartition + partitionRows.length - 1}`,
        );
      const arrived = ++this.#arrived[index]!;
      if (arrived > counted)
        throw changed(`partition ${number}: ${counted} rows were counted and at least ${arrived} were read`);
    }
  }

  #addColumn(index: number, arriving: ArrivingColumn, rowCount: number): void {
    const column = this.#columns[index]!;
    const start = this.#rowCount;
    const { isValid } = arriving;
    if ((isValid === null) !== (column.isValid === null))
      throw damaged(`column ${index} ${isValid === null ? "without" : "with"} marks of NULL`);
    if (isValid !== null) {
      checkLengths(rowCount, [isValid.length]);
      column.isValid!.set(isValid, start);
    }
    if (column.kind === "numbers") {
      if (!("values" in arriving)) throw damaged(`texts as column ${index}, expected numbers`);
      checkLengths(rowCount, [arriving.values.length]);
      column.values.set(arriving.values, start);
    } else {
      if (!("offsets" in arriving)) throw damaged(`numbers as column ${index}, expected texts`);
      checkLengths(rowCount, [arriving.offsets.length - 1]);
      this.#addTexts(index, column, arriving);
    }
  }

  #addTexts(
    index: number,
    column: Extract<BucketColumn, { readonly kind: "texts" }>,
    { offsets, bytes }: { readonly offsets: Int32Array; readonly bytes: Uint8Array },
  ): void {
    const before = this.#textBytes[index]!;
    if (before + bytes.length > column.bytes.length) throw this.#textsChanged(index, before + bytes.length);
    if (offsets[0] !== 0 || offsets.at(-1) !== bytes.length)
      throw damaged(`texts of column ${index} from ${offsets[0]} to ${offsets.at(-1)} of ${bytes.length}`);
    column.bytes.set(bytes, before);
    for (let i = 1; i < offsets.length; i++) {
      if (offsets[i]! < offsets[i - 1]!) throw damaged(`texts of column ${index} whose ends do not rise`);
      column.ends[this.#rowCount + i - 1] = before + offsets[i]!;
    }
    this.#textBytes[index] = before + bytes.length;
  }

  #textsChanged(index: number, found: number): ManyfitError {
    const { columns, textBytes } = this.#bucket;
    return changed(
      `column ${columns[index]!.name}: texts of ${textBytes[index]} bytes were counted and ${found} were read`,
    );
  }
}

function memoryOf(bytes: number): SharedArrayBuffer {
  try {
    return new SharedArrayBuffer(bytes);
  } catch (cause) {
    throw new ManyfitError("memory_exceeded", `executor has no memory for a bucket of ${bytes} bytes`, {
      cause,
    });
  }
}

function checkLengths(rowCount: number, lengths: readonly number[]): void {
  const other = lengths.find((length) => length !== rowCount);
  if (other !== undefined) throw damaged(`${rowCount} rows with a column of ${other}`);
}

function changed(what: string): ManyfitError {
  return new ManyfitError("source_changed", `${what}; ${ADVICE}`);
}

function damaged(what: string): ManyfitError {
  return new ManyfitError("internal", `executor was sent ${what}`);
}
