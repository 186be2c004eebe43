import type { BucketArrays } from "../../protocol/bucket.ts";
import type { BatchColumn, RowBatch } from "../../source/stream-rows.ts";
import type { ReadColumn } from "../../table/read-column.ts";
import type { PagePlan } from "./page-plan.ts";

const NO_BYTES = new Uint8Array(0);

interface SlabNumbers {
  readonly kind: "numbers";
  readonly values: Float64Array;
  readonly isValid: Uint8Array | null;
}

interface SlabTexts {
  readonly kind: "texts";
  /** Where each text ends, counted from the first of its page. */
  readonly ends: Uint32Array;
  /** The texts of each page: made when the first comes, larger where the last was long. */
  readonly bytes: Uint8Array[];
  /** Bytes of texts of each page, those on their way included. */
  readonly filled: Float64Array;
  readonly isValid: Uint8Array | null;
}

/**
 * One page of rows for each bucket, all in one array for each column: row `slot` of page `page` stands at
 * `page * rows + slot`.
 */
export class PageSlab {
  readonly #plan: PagePlan;
  readonly #partition: Int32Array;
  readonly #position: Float64Array;
  readonly #columns: readonly (SlabNumbers | SlabTexts)[];
  readonly #texts: readonly SlabTexts[];
  readonly #filled: Uint32Array;

  constructor(pageCount: number, columns: readonly ReadColumn[], plan: PagePlan) {
    const size = pageCount * plan.rows;
    this.#plan = plan;
    this.#partition = new Int32Array(size);
    this.#position = new Float64Array(size);
    this.#filled = new Uint32Array(pageCount);
    this.#columns = columns.map(({ type, hasValidity }) => {
      const isValid = hasValidity ? new Uint8Array(size) : null;
      if (type !== "text") return { kind: "numbers", values: new Float64Array(size), isValid };
      const bytes = new Array<Uint8Array>(pageCount).fill(NO_BYTES);
      return {
        kind: "texts",
        ends: new Uint32Array(size),
        bytes,
        filled: new Float64Array(pageCount),
        isValid,
      };
    });
    this.#texts = this.#columns.filter((column) => column.kind === "texts");
  }

  /** Rows that have a place in a page. */
  rowsIn(page: number): number {
    return this.#filled[page]!;
  }

  /** Bytes of the texts in a page, for each column; 0 for columns of numbers. */
  textBytesIn(page: number): number[] {
    return this.#columns.map((column) => (column.kind === "texts" ? column.filled[page]! : 0));
  }

  /** Gives a row the next place of a page, to which `put` copies it before the page is read. */
  take(page: number, rows: RowBatch, row: number): number {
    if (this.#texts.length > 0) this.#takeTexts(page, rows, row);
    return page * this.#plan.rows + this.#filled[page]!++;
  }

  /** Whether a page has to be emptied before it takes another row. */
  isFull(page: number): boolean {
    if (this.#filled[page]! >= this.#plan.rows) return true;
    for (const [i, column] of this.#columns.entries()) {
      if (column.kind === "texts" && column.filled[page]! >= this.#plan.textBytes[i]!) return true;
    }
    return false;
  }

  /** Copies the rows `from .. to` (exclusive) of a batch to their places: those of row `i` are at `places[i]`. */
  put(rows: RowBatch, from: number, to: number, places: Uint32Array): void {
    copyTo(this.#partition, rows.partition, { from, to }, places);
    copyTo(this.#position, rows.position, { from, to }, places);
    for (const [i, column] of this.#columns.entries()) {
      const values = rows.columns[i]!;
      if (column.kind === "texts") this.#putTexts(column, values, { from, to }, places);
      else if (values.kind === "numbers") putNumbers(column, values, { from, to }, places);
    }
  }

  /** The rows of a page: views that are valid until the page is emptied or takes another row. */
  page(page: number): BucketArrays {
    const from = page * this.#plan.rows;
    const to = from + this.#filled[page]!;
    return {
      partition: this.#partition.subarray(from, to),
      position: this.#position.subarray(from, to),
      columns: this.#columns.map((column) => {
        const isValid = column.isValid?.subarray(from, to) ?? null;
        if (column.kind === "numbers")
          return { kind: "numbers", values: column.values.subarray(from, to), isValid };
        const bytes = column.bytes[page]!.subarray(0, column.filled[page]!);
        return { kind: "texts", ends: column.ends.subarray(from, to), bytes, start: 0, isValid };
      }),
    };
  }

  /** Empties a page. */
  clear(page: number): void {
    this.#filled[page] = 0;
    for (const [i, column] of this.#columns.entries()) {
      if (column.kind !== "texts") continue;
      column.filled[page] = 0;
      // A long text would keep its room for good.
      if (column.bytes[page]!.length > this.#plan.textBytes[i]!) column.bytes[page] = NO_BYTES;
    }
  }

  /** As `clear`, for a page to which nothing will come. */
  free(page: number): void {
    this.clear(page);
    for (const column of this.#texts) column.bytes[page] = NO_BYTES;
  }

  #takeTexts(page: number, rows: RowBatch, row: number): void {
    for (const [i, column] of this.#columns.entries()) {
      const values = rows.columns[i]!;
      if (column.kind === "texts" && values.kind === "texts")
        column.filled[page]! += values.values[row]?.length ?? 0;
    }
  }

  #putTexts(column: SlabTexts, values: BatchColumn, { from, to }: Span, places: Uint32Array): void {
    if (values.kind !== "texts") return;
    const { rows } = this.#plan;
    for (let row = from; row < to; row++) {
      const place = places[row]!;
      const page = Math.floor(place / rows);
      const text = values.values[row]!;
      const start = place % rows === 0 ? 0 : column.ends[place - 1]!;
      const end = start + (text?.length ?? 0);
      if (end > column.bytes[page]!.length) {
        const room = Math.max(end, Math.min(2 * end, this.#plan.textBytes[this.#columns.indexOf(column)]!));
        const larger = new Uint8Array(room);
        larger.set(column.bytes[page]!.subarray(0, start));
        column.bytes[page] = larger;
      }
      if (text !== null) column.bytes[page]!.set(text, start);
      column.ends[place] = end;
      if (column.isValid !== null) column.isValid[place] = text === null ? 0 : 1;
    }
  }
}

/** Rows `from .. to` (exclusive) of a batch. */
interface Span {
  readonly from: number;
  readonly to: number;
}

function copyTo<T extends Float64Array | Int32Array>(
  target: T,
  values: T,
  { from, to }: Span,
  places: Uint32Array,
): void {
  for (let row = from; row < to; row++) target[places[row]!] = values[row]!;
}

/** Copies numbers, and puts NaN where there is no value: DuckDB leaves anything there. */
function putNumbers(
  column: SlabNumbers,
  { values, isValid }: BatchColumn & { readonly kind: "numbers" },
  { from, to }: Span,
  places: Uint32Array,
): void {
  copyTo(column.values, values, { from, to }, places);
  if (column.isValid === null) return;
  for (let row = from; row < to; row++) {
    const place = places[row]!;
    const valid = isValid === null ? 1 : isValid[row]!;
    column.isValid[place] = valid;
    if (valid === 0) column.values[place] = Number.NaN;
  }
}
