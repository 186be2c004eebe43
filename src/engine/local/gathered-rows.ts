import { ManyfitError } from "../../errors.ts";
import type { BatchColumn } from "../../source/stream-rows.ts";
import { type ColumnValues, MAX_TEXT_BYTES } from "../../table/column.ts";
import type { PartitionRows } from "../../trainer/trainer.ts";

/** The rows of one partition as they come, one batch behind the other. */
export class GatheredRows {
  rowCount = 0;
  readonly #columns: GatheredColumn[] = [];

  /**
   * Copies the rows `from .. to` (exclusive) of a batch behind those before.
   * @throws ManyfitError `memory_exceeded` for a column of more text than can be addressed.
   */
  append(columns: readonly BatchColumn[], from: number, to: number): void {
    const { rowCount } = this;
    for (const [i, column] of columns.entries()) {
      this.#columns[i] ??= column.kind === "numbers" ? new GatheredNumbers() : new GatheredTexts();
      this.#columns[i].append(column, { from, to, rowCount });
    }
    this.rowCount += to - from;
  }

  /** Views of all rows, valid until others are appended. */
  rows(): PartitionRows {
    const { rowCount } = this;
    return { rowCount, columns: this.#columns.map((column) => column.values(rowCount)) };
  }

  /** Begins anew, with the memory that there is. */
  clear(): void {
    this.rowCount = 0;
  }
}

/** Rows `from .. to` (exclusive) of a batch, to be put behind `rowCount` others. */
interface Span {
  readonly from: number;
  readonly to: number;
  readonly rowCount: number;
}

interface GatheredColumn {
  append(column: BatchColumn, span: Span): void;
  values(rowCount: number): ColumnValues;
}

class GatheredNumbers implements GatheredColumn {
  #values = new Float64Array(1024);
  #isValid = new Uint8Array(1024);
  #hasNull = false;

  append(column: BatchColumn, { from, to, rowCount }: Span): void {
    if (column.kind !== "numbers") return;
    if (rowCount === 0) this.#hasNull = false;
    this.#values = grown(this.#values, rowCount + to - from);
    this.#isValid = grown(this.#isValid, this.#values.length);
    this.#values.set(column.values.subarray(from, to), rowCount);
    this.#isValid.fill(1, rowCount, rowCount + to - from);
    for (let row = from; row < to; row++) {
      if (column.isValid === null || column.isValid[row] === 1) continue;
      this.#values[rowCount + row - from] = Number.NaN;
      this.#isValid[rowCount + row - from] = 0;
      this.#hasNull = true;
    }
  }

  values(rowCount: number): ColumnValues {
    const isValid = this.#hasNull ? this.#isValid.subarray(0, rowCount) : null;
    return { kind: "numbers", values: this.#values.subarray(0, rowCount), isValid };
  }
}

class GatheredTexts implements GatheredColumn {
  #bytes = new Uint8Array(1024);
  #ends = new Uint32Array(1024);
  #isValid = new Uint8Array(1024);
  #end = 0;
  #hasNull = false;

  append(column: BatchColumn, { from, to, rowCount }: Span): void {
    if (column.kind !== "texts") return;
    if (rowCount === 0) [this.#end, this.#hasNull] = [0, false];
    this.#ends = grown(this.#ends, rowCount + to - from);
    this.#isValid = grown(this.#isValid, this.#ends.length);
    for (let row = from; row < to; row++) this.#add(column.values[row] ?? null, rowCount + row - from);
  }

  #add(text: Uint8Array | null, at: number): void {
    if (text === null) this.#hasNull = true;
    else {
      const end = this.#end + text.length;
      if (end > MAX_TEXT_BYTES) throw tooMuchText(end);
      this.#bytes = grown(this.#bytes, end);
      this.#bytes.set(text, this.#end);
      this.#end = end;
    }
    this.#ends[at] = this.#end;
    this.#isValid[at] = text === null ? 0 : 1;
  }

  values(rowCount: number): ColumnValues {
    return {
      kind: "texts",
      bytes: this.#bytes.subarray(0, this.#end),
      ends: this.#ends.subarray(0, rowCount),
      start: 0,
      isValid: this.#hasNull ? this.#isValid.subarray(0, rowCount) : null,
    };
  }
}

function tooMuchText(bytes: number): ManyfitError {
  return new ManyfitError(
    "memory_exceeded",
    `partition has texts of ${bytes} bytes or more in one column, at most ${MAX_TEXT_BYTES} are allowed; name fewer columns in the trainer, or filter rows with --where`,
  );
}

function grown<T extends Float64Array | Uint8Array | Uint32Array>(column: T, needed: number): T {
  if (needed <= column.length) return column;
  const Constructor = column.constructor as new (length: number) => T;
  const larger = new Constructor(Math.max(needed, Math.min(2 * column.length, MAX_TEXT_BYTES)));
  larger.set(column);
  return larger;
}
