import type { Buffer } from "node:buffer";
import { GatheredNumbers, GatheredTexts } from "./gathered-columns.ts";
import type { PlainBody } from "./plain-header.ts";
import { readPlainNumber } from "./plain-number.ts";
import { closingQuote } from "./plain-quote.ts";
import type { PlainSyntax } from "./plain-syntax.ts";

const [LF, CR, SPACE] = [0x0a, 0x0d, 0x20];

/** Half of what DuckDB allows, so that it does not matter what it counts. */
const MAX_LINE_BYTES = 1_000_000;

/** DuckDB reads a longer text in pieces, whose ends it has to look for: it must not find one within quotes. */
const MAX_BYTES_WITH_QUOTED_LINES = 4_000_000;

/** In the place of a position: why a row is not read. */
const [BAD_NUMBER, BAD_FIELD, BAD_FIELD_COUNT, BAD_LINE_END, EMPTY_LINE] = [-1, -2, -3, -4, -5];
const ROW_LIKE_COMMENT = -6;

/** What becomes of a field: it is a number, a text, or passed over. */
export type FieldUse = "number" | "text" | null;

/** The fields that are read, by their place; null for those that are passed over. */
export interface PlainRows {
  readonly rowCount: number;
  readonly fields: readonly (GatheredNumbers | GatheredTexts | null)[];
}

/** Reads all rows of a text whose fields have these uses, or says why not. */
export function readPlainRows(
  body: PlainBody,
  syntax: PlainSyntax,
  uses: readonly FieldUse[],
): PlainRows | { readonly declined: string } {
  return new RowReader(body, syntax, uses).read();
}

class RowReader {
  readonly #bytes: Buffer;
  readonly #body: PlainBody;
  readonly #syntax: PlainSyntax;
  readonly #value = new Float64Array(1);
  readonly #numbers: readonly (GatheredNumbers | null)[];
  readonly #texts: readonly (GatheredTexts | null)[];
  /** The arrays of `#numbers`, which change when they grow. */
  #values: (Float64Array | null)[];
  #row = 0;
  #capacity: number;

  constructor(body: PlainBody, syntax: PlainSyntax, uses: readonly FieldUse[]) {
    this.#bytes = body.bytes;
    this.#body = body;
    this.#syntax = syntax;
    this.#capacity = estimatedRows(body);
    this.#numbers = uses.map((use) => (use === "number" ? new GatheredNumbers(this.#capacity) : null));
    this.#texts = uses.map((use) => (use === "text" ? new GatheredTexts(this.#capacity) : null));
    this.#values = this.#numbers.map((numbers) => numbers?.values ?? null);
  }

  read(): PlainRows | { readonly declined: string } {
    const bytes = this.#bytes;
    for (let at = this.#body.start; at < bytes.length; ) {
      if (this.#row === this.#capacity) this.#grow();
      const isAside = bytes[at] === LF || bytes[at] === CR || bytes[at] === this.#syntax.comment;
      const next = isAside ? this.#passOver(at) : this.#readRow(at);
      if (next < 0) return { declined: `line ${this.#lineAt(at)} ${reasonOf(next, this.#values.length)}` };
      if (next - at > MAX_LINE_BYTES) return { declined: `line ${this.#lineAt(at)} is longer than 1 MB` };
      at = next;
    }
    return { rowCount: this.#row, fields: this.#numbers.map((numbers, i) => numbers ?? this.#texts[i]!) };
  }

  /** Reads one row and returns where the next begins, or why it is not read. */
  #readRow(start: number): number {
    const bytes = this.#bytes;
    const row = this.#row;
    const values = this.#values;
    const value = this.#value;
    const point = this.#syntax.point;
    const { delimiter, hasNumericNull } = this.#syntax;
    const last = values.length - 1;
    let at = start;
    for (let field = 0; field <= last; field++) {
      const numbers = values[field]!;
      let byte = bytes[at]!;
      if (numbers === null) {
        at = this.#readText(at, field);
        if (at < 0) return at;
        byte = bytes[at]!;
      } else if (byte === delimiter || byte === LF || byte === CR) numbers[row] = Number.NaN;
      else {
        const end = readPlainNumber(bytes, at, point, value);
        byte = end < 0 ? 0 : bytes[end]!;
        numbers[row] = value[0]!;
        if ((byte === delimiter || byte === LF || byte === CR) && !hasNumericNull) at = end;
        else {
          at = this.#readOddNumber(at, field);
          if (at < 0) return at;
          byte = bytes[at]!;
        }
      }
      if (field < last) {
        if (byte !== delimiter) return BAD_FIELD_COUNT;
        at++;
      }
    }
    const next = this.#endOfLine(at);
    if (next >= 0) this.#row++;
    return next;
  }

  /** Where the next line begins, or why no line ends here. */
  #endOfLine(at: number): number {
    const bytes = this.#bytes;
    if (bytes[at] === this.#syntax.delimiter) return BAD_FIELD_COUNT;
    if (!this.#body.isCrlf) return bytes[at] === LF ? at + 1 : BAD_LINE_END;
    return bytes[at] === CR && bytes[at + 1] === LF ? at + 2 : BAD_LINE_END;
  }

  /** Reads a field that is no number, and returns its end. */
  #readText(start: number, field: number): number {
    const bytes = this.#bytes;
    const { isSpecial, isEnd, quote } = this.#syntax;
    const texts = this.#texts[field]!;
    let at = start;
    if (bytes[at] === quote) {
      const closing = this.#closingQuote(start);
      if (closing >= 0 && texts !== null) this.#keepText(texts, start + 1, closing);
      return closing < 0 ? closing : closing + 1;
    }
    while (isSpecial[bytes[at]!] === 0) at++;
    if (isEnd[bytes[at]!] === 0) return BAD_FIELD;
    if (texts !== null) this.#keepText(texts, start, at);
    return at;
  }

  /** Where the field ends that is quoted from `start` on: the place of its last quote. */
  #closingQuote(start: number): number {
    const bytes = this.#bytes;
    const closing = closingQuote(bytes, start + 1, this.#syntax);
    if (closing < 0 || this.#syntax.isEnd[bytes[closing + 1]!] !== 1) return BAD_FIELD;
    const isLarge = bytes.length > MAX_BYTES_WITH_QUOTED_LINES;
    if (!isLarge) return closing;
    const content = bytes.subarray(start, closing);
    return content.includes(LF) || content.includes(CR) ? BAD_FIELD : closing;
  }

  #keepText(texts: GatheredTexts, from: number, to: number): void {
    if (from === to || this.#isNullText(from, to)) {
      texts.setNull(this.#row);
      return;
    }
    const bytes = this.#bytes;
    const { quote } = this.#syntax;
    const isQuoted = bytes[from - 1] === quote && bytes[to] === quote;
    const content = isQuoted ? undoubled(bytes.subarray(from, to), quote) : null;
    if (content === null) texts.set(this.#row, bytes, from, to);
    else texts.set(this.#row, content, 0, content.length);
  }

  /** Reads a number that is quoted, padded or called by its name, or a NULL that has a text, and returns its end. */
  #readOddNumber(start: number, field: number): number {
    const bytes = this.#bytes;
    const { isSpecial, isEnd, quote } = this.#syntax;
    let [from, to] = [start, start];
    if (bytes[start] === quote) {
      to = this.#closingQuote(start);
      from++;
    } else {
      while (isSpecial[bytes[to]!] === 0) to++;
      if (isEnd[bytes[to]!] === 0) return BAD_FIELD;
    }
    if (to < 0) return to;
    const end = from > start ? to + 1 : to;
    if (from === to || this.#isNullText(from, to)) this.#values[field]![this.#row] = Number.NaN;
    else if (!this.#readWord(from, to, field) && !this.#readPadded(from, to, field)) return BAD_NUMBER;
    return end;
  }

  #readPadded(start: number, end: number, field: number): boolean {
    const bytes = this.#bytes;
    let [from, to] = [start, end];
    while (from < to && bytes[from] === SPACE) from++;
    while (to > from && bytes[to - 1] === SPACE) to--;
    const isNumber = readPlainNumber(bytes, from, this.#syntax.point, this.#value) === to;
    if (isNumber) this.#values[field]![this.#row] = this.#value[0]!;
    return isNumber;
  }

  /** Reads what is no number and not finite, where it is one of few words. */
  #readWord(from: number, to: number, field: number): boolean {
    if (to - from > LONGEST_WORD) return false;
    const value = WORDS.get(this.#bytes.toString("latin1", from, to));
    if (value === undefined) return false;
    if (Number.isNaN(value)) this.#numbers[field]!.setNan(this.#row);
    else this.#values[field]![this.#row] = value;
    return true;
  }

  #isNullText(from: number, to: number): boolean {
    const bytes = this.#bytes;
    return this.#syntax.nullTexts.some(
      (text) => text.length === to - from && text.compare(bytes, from, to) === 0,
    );
  }

  /** Passes over a line that is empty or a comment, and returns where the next begins; or why it is not passed over. */
  #passOver(start: number): number {
    const bytes = this.#bytes;
    // To DuckDB an empty line is a NULL where there is one column, and nothing where there are more.
    if (bytes[start] !== this.#syntax.comment && this.#values.length === 1) return EMPTY_LINE;
    let end = start;
    let delimiters = 0;
    for (let byte = bytes[end]; byte !== LF && byte !== CR; byte = bytes[++end]) {
      if (byte === this.#syntax.delimiter) delimiters++;
    }
    const isComment = end > start;
    // Such a line may be a row, if nobody told that there are comments.
    if (isComment && delimiters === this.#values.length - 1) return ROW_LIKE_COMMENT;
    return this.#endOfLine(end);
  }

  #grow(): void {
    this.#capacity *= 2;
    for (const numbers of this.#numbers) numbers?.reserve(this.#capacity);
    for (const texts of this.#texts) texts?.reserve(this.#capacity);
    this.#values = this.#numbers.map((numbers) => numbers?.values ?? null);
  }

  #lineAt(position: number): number {
    let line = 1;
    for (let at = this.#bytes.indexOf(LF); at >= 0 && at < position; at = this.#bytes.indexOf(LF, at + 1))
      line++;
    return line;
  }
}

/** Names of what is not finite, in the ways in which programs write them. */
const WORDS: ReadonlyMap<string, number> = new Map([
  ...["nan", "NaN", "NAN"].map((word) => [word, Number.NaN] as const),
  ...["inf", "Inf", "INF", "infinity", "Infinity"].flatMap((word) => [
    [word, Infinity] as const,
    [`-${word}`, -Infinity] as const,
  ]),
]);

const LONGEST_WORD = 9;

/** Rows of the first one's length, and some more. */
function estimatedRows({ bytes, start }: PlainBody): number {
  const rest = bytes.length - start;
  const firstRow = bytes.indexOf(LF, start) + 1 - start;
  return Math.ceil((rest / Math.max(1, firstRow)) * 1.1) + 1;
}

/** The content of a quoted field, each doubled quote as one; null where there is none. */
function undoubled(content: Buffer, quote: number): Uint8Array | null {
  if (!content.includes(quote)) return null;
  return content.filter((byte, i) => byte !== quote || isSecond(content, i, quote));
}

/** Whether a quote is the second of its pair: quotes stand in pairs only. */
function isSecond(content: Buffer, at: number, quote: number): boolean {
  let count = 0;
  while (at - count >= 0 && content[at - count] === quote) count++;
  return count % 2 === 0;
}

function reasonOf(refusal: number, fieldCount: number): string {
  if (refusal === BAD_NUMBER) return "has a field that is not a plain number";
  if (refusal === BAD_FIELD) return "has a quote or a comment that is not plain";
  if (refusal === BAD_FIELD_COUNT) return `has not as many fields as the header, ${fieldCount}`;
  if (refusal === ROW_LIKE_COMMENT) return "is a comment that looks like a row";
  return refusal === EMPTY_LINE ? "is empty" : "does not end as the first line does";
}
