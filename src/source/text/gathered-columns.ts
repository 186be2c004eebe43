import type { NumberValues, TextValues, Validity } from "../../table/column.ts";

/** A column of numbers that grows with the rows. */
export class GatheredNumbers {
  /** Has room for as many rows as {@link GatheredNumbers.reserve} was asked for; what is not set is 0. */
  values: Float64Array;
  /** Rows whose value is NaN and not NULL. */
  readonly #nanRows: number[] = [];

  constructor(capacity: number) {
    this.values = new Float64Array(capacity);
  }

  /** Makes room for this many rows. */
  reserve(capacity: number): void {
    this.values = resized(this.values, capacity);
  }

  /** Gives a row NULL. */
  setNull(row: number): void {
    this.values[row] = Number.NaN;
  }

  /** Says that a row has NaN as its value: a NaN of `values` alone is NULL. */
  setNan(row: number): void {
    this.values[row] = Number.NaN;
    this.#nanRows.push(row);
  }

  /** The first `rowCount` rows as a column. */
  column(rowCount: number, hasValidity: boolean): NumberValues {
    const values = resized(this.values, rowCount);
    return { kind: "numbers", values, isValid: hasValidity ? this.#validity(values) : null };
  }

  #validity(values: Float64Array): Validity {
    const firstNaN = values.findIndex(Number.isNaN);
    if (firstNaN < 0) return null;
    const isValid = new Uint8Array(values.length).fill(1);
    for (let i = firstNaN; i < values.length; i++) isValid[i] = Number.isNaN(values[i]!) ? 0 : 1;
    for (const row of this.#nanRows) isValid[row] = 1;
    return isValid.includes(0) ? isValid : null;
  }
}

/** A column of texts that grows with the rows; each row is given one text or NULL, in order. */
export class GatheredTexts {
  #bytes = new Uint8Array(1024);
  #ends: Uint32Array;
  #isValid: Uint8Array;
  #end = 0;
  #hasNull = false;

  constructor(capacity: number) {
    this.#ends = new Uint32Array(capacity);
    this.#isValid = new Uint8Array(capacity);
  }

  /** Makes room for this many rows. */
  reserve(capacity: number): void {
    this.#ends = resized(this.#ends, capacity);
    this.#isValid = resized(this.#isValid, capacity);
  }

  /** Gives a row its text: the bytes `from .. to` (exclusive). */
  set(row: number, bytes: Uint8Array, from: number, to: number): void {
    const end = this.#end + to - from;
    if (end > this.#bytes.length) this.#bytes = resized(this.#bytes, Math.max(end, 2 * this.#bytes.length));
    const target = this.#bytes;
    // A loop is faster than a view where texts are short, as nearly all are.
    if (to - from < 64) for (let i = from, j = this.#end; i < to; i++, j++) target[j] = bytes[i]!;
    else target.set(bytes.subarray(from, to), this.#end);
    this.#end = end;
    this.#ends[row] = end;
    this.#isValid[row] = 1;
  }

  /** Gives a row NULL. */
  setNull(row: number): void {
    this.#ends[row] = this.#end;
    this.#isValid[row] = 0;
    this.#hasNull = true;
  }

  /** The first `rowCount` rows as a column. */
  column(rowCount: number, hasValidity: boolean): TextValues {
    const isValid = this.#hasNull && hasValidity ? this.#isValid.slice(0, rowCount) : null;
    const [bytes, ends] = [this.#bytes.subarray(0, this.#end), resized(this.#ends, rowCount)];
    return { kind: "texts", bytes, ends, start: 0, isValid };
  }
}

/** An array of another length with the same first elements. */
function resized<T extends Float64Array | Uint8Array | Uint32Array>(values: T, length: number): T {
  if (length === values.length) return values;
  if (length < values.length) return values.slice(0, length) as T;
  const Constructor = values.constructor as new (length: number) => T;
  const larger = new Constructor(length);
  larger.set(values);
  return larger;
}
