import { Buffer, isUtf8 } from "node:buffer";
import type { Rows } from "../../table/column.ts";
import { GatheredNumbers, GatheredTexts } from "./gathered-columns.ts";
import { decodedString, endOfNested, endOfNumber, endOfString } from "./json-scan.ts";
import { readPlainNumber } from "./plain-number.ts";

const [LF, CR, TAB, SPACE, QUOTE, COMMA, COLON] = [0x0a, 0x0d, 0x09, 0x20, 0x22, 0x2c, 0x3a];
const [BRACE, BRACKET, BRACE_END, POINT, BACKSLASH] = [0x7b, 0x5b, 0x7d, 0x2e, 0x5c];

/** A column of fields that are numbers, truth values (as 1 and 0) or texts, by its exact name. */
export interface NdjsonColumn {
  readonly name: string;
  readonly type: "double" | "boolean" | "text";
  /** Whether NULL is told apart: else one is NaN, or an empty text. */
  readonly hasValidity: boolean;
}

/** Of more text DuckDB reads faster, and in pieces. */
const MAX_BYTES = 2 ** 24;

/** Far below what DuckDB allows. */
const MAX_LINE_BYTES = 1_000_000;

/** From here on a double does not hold every integer. */
const INEXACT_FROM = 2 ** 53;

const LITERALS = ["true", "false", "null"].map((word) => Buffer.from(word));

/**
 * Reads lines of JSON objects. Where it reads, row count, NULLs (absent fields and `null`), every bit of every number
 * and every byte of every text are what DuckDB gives; whatever it is not sure of it declines, such as a value of another
 * type than its column's, a name that stands twice, and an integer that is no exact double.
 */
export function parsePlainNdjson(
  bytes: Uint8Array,
  columns: readonly NdjsonColumn[],
): Rows | { readonly declined: string } {
  if (bytes.length === 0) return { declined: "it is empty" };
  if (bytes.length > MAX_BYTES) return { declined: "it is large" };
  if (!isUtf8(bytes)) return { declined: "it is not UTF-8 text" };
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return new LineReader(text, columns).read();
}

/** A name as it stood in a line before, and the column that it is of; -1 where it is of none. */
interface KnownName {
  readonly bytes: Buffer;
  readonly column: number;
}

class LineReader {
  readonly #bytes: Buffer;
  readonly #columns: readonly NdjsonColumn[];
  readonly #columnByName: ReadonlyMap<string, number>;
  /** In small letters. */
  readonly #foldedNames: ReadonlySet<string>;
  readonly #fields: readonly (GatheredNumbers | GatheredTexts)[];
  /** The row in which a column had a value last. */
  readonly #lastRow: Int32Array;
  /** Names by their place in the line: in most files they are the same in all. */
  readonly #names: KnownName[] = [];
  readonly #value = new Float64Array(1);
  #capacity: number;
  #row = 0;
  #at = 0;

  constructor(bytes: Buffer, columns: readonly NdjsonColumn[]) {
    this.#bytes = bytes;
    this.#columns = columns;
    this.#columnByName = new Map(columns.map(({ name }, i) => [name, i]));
    this.#foldedNames = new Set(columns.map(({ name }) => name.toLowerCase()));
    this.#capacity = 1 + Math.ceil((bytes.length / (bytes.indexOf(LF) + 1 || bytes.length)) * 1.1);
    this.#fields = columns.map(({ type }) =>
      type === "text" ? new GatheredTexts(this.#capacity) : new GatheredNumbers(this.#capacity),
    );
    this.#lastRow = new Int32Array(columns.length).fill(-1);
  }

  read(): Rows | { readonly declined: string } {
    const { length } = this.#bytes;
    while (this.#at < length) {
      if (this.#row === this.#capacity) this.#grow();
      const start = this.#at;
      const reason = this.#readLine();
      if (reason !== null) return { declined: `line ${this.#row + 1} ${reason}` };
      if (this.#at - start > MAX_LINE_BYTES) return { declined: `line ${this.#row} is longer than 1 MB` };
    }
    const rowCount = this.#row;
    return {
      rowCount,
      columns: this.#fields.map((field, i) => field.column(rowCount, this.#columns[i]!.hasValidity)),
    };
  }

  /** Reads a line and goes on to the next; or says why not. */
  #readLine(): string | null {
    if (this.#next() !== BRACE) return "does not begin with an object";
    this.#at++;
    let byte = this.#next();
    for (let place = 0; byte !== BRACE_END; place++) {
      const reason = this.#readMember(place);
      if (reason !== null) return reason;
      byte = this.#next();
      if (byte === COMMA) {
        this.#at++;
        if (this.#next() === BRACE_END) return "has a comma before its end";
      } else if (byte !== BRACE_END) return "is not plain JSON";
    }
    this.#at++;
    byte = this.#next();
    if (byte === CR) byte = this.#bytes[++this.#at];
    if (byte !== LF && byte !== undefined) return "has something behind its object";
    this.#at++;
    for (const [i, field] of this.#fields.entries())
      if (this.#lastRow[i] !== this.#row) field.setNull(this.#row);
    this.#row++;
    return null;
  }

  /** Reads a name and its value; or says why not. */
  #readMember(place: number): string | null {
    const start = this.#at;
    const end = endOfString(this.#bytes, start);
    if (end < 0) return "has a name that is not plain JSON";
    const column = this.#columnOf(start + 1, end - 1, place);
    if (typeof column === "string") return column;
    this.#at = end;
    if (this.#next() !== COLON) return "is not plain JSON";
    this.#at++;
    this.#next();
    const from = this.#at;
    const to = this.#endOfValue(from);
    if (to < 0) return "has a value that is not plain JSON";
    this.#at = to;
    if (column < 0) {
      const isPlain = this.#bytes[from] !== QUOTE || decodedString(this.#bytes, from, to) !== null;
      return isPlain ? null : "has a text that is not plain JSON";
    }
    if (this.#lastRow[column] === this.#row) return `has "${this.#columns[column]!.name}" twice`;
    this.#lastRow[column] = this.#row;
    const isKept = this.#keep(column, from, to);
    return isKept ? null : `has a value in "${this.#columns[column]!.name}" that is not plain`;
  }

  /** The column that a name is of, -1 for none; or why that is not sure. */
  #columnOf(from: number, to: number, place: number): number | string {
    const known = this.#names[place];
    const bytes = this.#bytes;
    if (known !== undefined && known.bytes.length === to - from && known.bytes.compare(bytes, from, to) === 0)
      return known.column;
    const name = bytes.subarray(from, to);
    if (name.includes(BACKSLASH)) return "has a name with an escape";
    const text = name.toString("utf8");
    const column = this.#columnByName.get(text) ?? -1;
    if (column < 0 && this.#foldedNames.has(text.toLowerCase()))
      return "has a name that differs from a column's in its case";
    this.#names[place] = { bytes: name, column };
    return column;
  }

  #endOfValue(start: number): number {
    const bytes = this.#bytes;
    const byte = bytes[start];
    if (byte === QUOTE) return endOfString(bytes, start);
    if (byte === BRACE || byte === BRACKET) return endOfNested(bytes, start);
    const literal = LITERALS.find((word) => word[0] === byte);
    if (literal === undefined) return endOfNumber(bytes, start);
    const end = Math.min(bytes.length, start + literal.length);
    return literal.compare(bytes, start, end) === 0 ? end : -1;
  }

  /** Gives the row its value in a column; false where it may not be what DuckDB takes it for. */
  #keep(column: number, from: number, to: number): boolean {
    const field = this.#fields[column]!;
    const first = String.fromCharCode(this.#bytes[from]!);
    if (first === "n") {
      field.setNull(this.#row);
      return true;
    }
    const { type } = this.#columns[column]!;
    if (field instanceof GatheredTexts) return first === '"' && this.#keepText(field, from, to);
    if (type === "boolean") {
      field.values[this.#row] = first === "t" ? 1 : 0;
      return first === "t" || first === "f";
    }
    if (!/[-0-9]/.test(first)) return false;
    return this.#keepNumber(field, from, to);
  }

  #keepText(field: GatheredTexts, from: number, to: number): boolean {
    const decoded = decodedString(this.#bytes, from, to);
    if (decoded === null) return false;
    field.set(this.#row, decoded, 0, decoded.length);
    return true;
  }

  #keepNumber(field: GatheredNumbers, from: number, to: number): boolean {
    if (readPlainNumber(this.#bytes, from, POINT, this.#value) !== to) return false;
    const value = this.#value[0]!;
    field.values[this.#row] = value;
    if (Math.abs(value) < INEXACT_FROM && value !== 0) return true;
    const text = this.#bytes.toString("latin1", from, to);
    // Zeros may be numbers that are too small, and readers differ about the sign of integers.
    if (value === 0) return /^(0|-?0\.0+)$/.test(text);
    return Number.isFinite(value) && /[.e]/i.test(text);
  }

  /** The next byte that is no space; undefined behind the last. */
  #next(): number | undefined {
    const bytes = this.#bytes;
    while (bytes[this.#at] === SPACE || bytes[this.#at] === TAB) this.#at++;
    return bytes[this.#at];
  }

  #grow(): void {
    this.#capacity *= 2;
    for (const field of this.#fields) field.reserve(this.#capacity);
  }
}
