import type { PythonWork } from "../protocol/python-message.ts";
import type { Rows } from "../table/column.ts";
import { sliceColumn } from "../table/column.ts";
import { GrowingArray } from "../table/growing-array.ts";
import type { ReadColumn } from "../table/read-column.ts";

/** One partition for a Python child. */
export interface PythonPartition {
  readonly used: Rows;
  /** Null where none is held out. */
  readonly heldOut: Rows | null;
  /** Values of the key columns, as JSON. */
  readonly key: readonly unknown[];
  readonly seed: number;
}

/** Blocks of numbers begin at a multiple of 64 bytes, so that each partition's memory is aligned alike in any message. */
const BLOCK_VALUES = 8;

/** Collects partitions for one message. Rows are copied: whoever gave them may overwrite them. */
export class WorkBuilder {
  readonly #columns: readonly ReadColumn[];
  readonly #rows = new GrowingArray((length) => new Uint32Array(length), 64);
  readonly #heldOut = new GrowingArray((length) => new Uint32Array(length), 64);
  readonly #seeds = new GrowingArray((length) => new Uint32Array(length), 64);
  readonly #keys: (readonly unknown[])[] = [];
  readonly #numbers = new GrowingArray((length) => new Float64Array(length), 8192);
  readonly #textBytes = new GrowingArray((length) => new Uint8Array(length));
  readonly #textEnds = new GrowingArray((length) => new Int32Array(length));
  readonly #valid = new GrowingArray((length) => new Uint8Array(length));
  readonly #hasNull = new GrowingArray((length) => new Uint8Array(length));

  constructor(columns: readonly ReadColumn[]) {
    this.#columns = columns;
  }

  /** Partitions so far. */
  get count(): number {
    return this.#keys.length;
  }

  /** Bytes of the message, roughly. */
  get bytes(): number {
    return this.#numbers.length * 8 + this.#textBytes.length + this.#textEnds.length * 4 + this.count * 64;
  }

  /** Adds a partition. */
  add({ used, heldOut, key, seed }: PythonPartition): void {
    this.#rows.push(used.rowCount);
    this.#heldOut.push(heldOut?.rowCount ?? 0);
    this.#keys.push(key);
    this.#seeds.push(seed);
    this.#addBlock(used);
    this.#addBlock(heldOut ?? noRows(used));
  }

  /** The message's part. Nothing can be added afterwards. */
  finish(): PythonWork {
    return {
      count: this.count,
      rows: this.#rows.copy(),
      heldOut: this.#heldOut.copy(),
      keys: this.#keys,
      seeds: this.#seeds.copy(),
      numbers: this.#numbers.copy(),
      texts: { bytes: this.#textBytes.copy(), ends: this.#textEnds.copy() },
      valid: this.#valid.copy(),
      hasNull: this.#hasNull.copy(),
    };
  }

  #addBlock({ rowCount, columns }: Rows): void {
    const numbers = columns.flatMap((column) => (column.kind === "numbers" ? [column.values] : []));
    const size = Math.ceil((numbers.length * rowCount) / BLOCK_VALUES) * BLOCK_VALUES;
    const block = this.#numbers.extend(size);
    for (const [i, values] of numbers.entries()) block.set(values, i * rowCount);
    block.fill(0, numbers.length * rowCount);
    for (const [i, { hasValidity }] of this.#columns.entries()) {
      const column = columns[i]!;
      const isValid = hasValidity ? column.isValid : null;
      const hasNull = isValid?.includes(0) ?? false;
      this.#hasNull.push(hasNull ? 1 : 0);
      if (hasNull) this.#valid.extend(rowCount).set(isValid!);
      if (column.kind === "texts") this.#addTexts(column, rowCount);
    }
  }

  #addTexts(
    {
      bytes,
      ends,
      start,
    }: { readonly bytes: Uint8Array; readonly ends: Uint32Array; readonly start: number },
    rowCount: number,
  ): void {
    const target = this.#textEnds.extend(rowCount + 1);
    target[0] = 0;
    for (let row = 0; row < rowCount; row++) target[row + 1] = ends[row]! - start;
    const end = rowCount === 0 ? start : ends[rowCount - 1]!;
    this.#textBytes.extend(end - start).set(bytes.subarray(start, end));
  }
}

function noRows({ columns }: Rows): Rows {
  return { rowCount: 0, columns: columns.map((column) => sliceColumn(column, 0, 0)) };
}
