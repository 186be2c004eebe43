import { readSync } from "node:fs";
import { ManyfitError } from "../errors.ts";

/**
 * Rows of one partition in canonical order that lie in a file, because they are too many to be in memory together. They
 * are columns of doubles in blocks of `blockRows` rows, the last of which may have fewer: one column behind the other.
 */
export interface StoredRows {
  readonly rowCount: number;
  readonly columnCount: number;
  readonly blockRows: number;
  /** Where each block begins in the file. */
  readonly offsets: Float64Array;
}

/** A partition whose rows lie in a file, divided by the row policy. */
export interface StoredPartition {
  readonly partition: number;
  /** Of the file, open for reading in this process. */
  readonly descriptor: number;
  /** All rows, with those that were dropped. */
  readonly rowsRead: number;
  readonly used: StoredRows;
  readonly heldOut: StoredRows;
  /** Row and column, from 0, of the first value that makes a row unusable; null where every row is usable. */
  readonly firstUnusable: { readonly row: number; readonly column: number } | null;
}

/** Some rows as columns of one length, in memory of their own. */
export interface StoredBlock {
  readonly rowCount: number;
  readonly columns: readonly Float64Array[];
}

/**
 * The blocks of rows in the file of a descriptor, each read when its turn comes, by blocking reads. May be walked any
 * number of times.
 */
export function storedBlocks(descriptor: number, rows: StoredRows): Iterable<StoredBlock> {
  return { [Symbol.iterator]: () => walk(descriptor, rows) };
}

function* walk(
  descriptor: number,
  { rowCount, columnCount, blockRows, offsets }: StoredRows,
): Generator<StoredBlock, void, undefined> {
  for (const [i, offset] of offsets.entries()) {
    const count = Math.min(blockRows, rowCount - i * blockRows);
    const values = new Float64Array(columnCount * count);
    readFully(descriptor, offset, new Uint8Array(values.buffer));
    const columns = Array.from({ length: columnCount }, (_, c) =>
      values.subarray(c * count, (c + 1) * count),
    );
    yield { rowCount: count, columns };
  }
}

/**
 * Fills an array with bytes of a file from an offset on.
 * @throws ManyfitError `internal` where the file ends before.
 */
export function readFully(descriptor: number, offset: number, target: Uint8Array): void {
  let done = 0;
  while (done < target.length) {
    const count = readSync(descriptor, target, done, target.length - done, offset + done);
    if (count === 0)
      throw new ManyfitError(
        "internal",
        `rows in the temporary file end at ${offset + done}, before ${offset + target.length}`,
      );
    done += count;
  }
}
