import { BLOCK_ROWS } from "../../estimator/estimator.ts";
import type { StoredRows } from "../../protocol/stored-rows.ts";
import type { SpillFile } from "./spill-file.ts";

/** Writes the rows of one partition to a file, in the blocks in which an estimator walks them. */
export class BlockWriter {
  readonly #file: SpillFile;
  readonly #columnCount: number;
  /** Column `c` of the block's rows begins at `c * BLOCK_ROWS`. */
  readonly #values: Float64Array;
  #rows = 0;
  #rowCount = 0;
  readonly #offsets: number[] = [];

  constructor(file: SpillFile, columnCount: number) {
    this.#file = file;
    this.#columnCount = columnCount;
    this.#values = new Float64Array(columnCount * BLOCK_ROWS);
  }

  /** Adds a row of some columns. */
  add(columns: readonly Float64Array[], row: number): void {
    const at = this.#rows++;
    for (let c = 0; c < this.#columnCount; c++) this.#values[c * BLOCK_ROWS + at] = columns[c]![row]!;
    if (this.#rows === BLOCK_ROWS) this.#write(this.#values);
  }

  /** Adds the rows `from .. to` (exclusive) of some columns. */
  addAll(columns: readonly Float64Array[], from: number, to: number): void {
    let row = from;
    while (row < to) {
      const count = Math.min(to - row, BLOCK_ROWS - this.#rows);
      for (let c = 0; c < this.#columnCount; c++) {
        const at = c * BLOCK_ROWS + this.#rows;
        this.#values.set(columns[c]!.subarray(row, row + count), at);
      }
      this.#rows += count;
      row += count;
      if (this.#rows === BLOCK_ROWS) this.#write(this.#values);
    }
  }

  /** All rows that were added, once the file is flushed. Nothing can be added afterwards. */
  finish(): StoredRows {
    if (this.#rows > 0) {
      const last = new Float64Array(this.#columnCount * this.#rows);
      for (let c = 0; c < this.#columnCount; c++) {
        const from = c * BLOCK_ROWS;
        last.set(this.#values.subarray(from, from + this.#rows), c * this.#rows);
      }
      this.#write(last);
    }
    return {
      rowCount: this.#rowCount,
      columnCount: this.#columnCount,
      blockRows: BLOCK_ROWS,
      offsets: Float64Array.from(this.#offsets),
    };
  }

  #write(values: Float64Array): void {
    this.#offsets.push(this.#file.append(new Uint8Array(values.buffer)));
    this.#rowCount += this.#rows;
    this.#rows = 0;
  }
}
