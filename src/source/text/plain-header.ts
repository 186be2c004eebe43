import { Buffer } from "node:buffer";
import { isPlaceColumn } from "./place-columns.ts";
import { closingQuote } from "./plain-quote.ts";
import type { PlainSyntax } from "./plain-syntax.ts";

const [LF, CR] = [0x0a, 0x0d];

const BYTE_ORDER_MARK = Uint8Array.of(0xef, 0xbb, 0xbf);

/** A text of plain rows behind a header, whose last line ends like all others. */
export interface PlainBody {
  readonly bytes: Buffer;
  /** Where the first row begins. */
  readonly start: number;
  /** Whether lines end in CR LF; else in LF. */
  readonly isCrlf: boolean;
}

/** What {@link parsePlainHeader} found: the column names and the rows behind them, or why it must not say. */
export type PlainHeader =
  | { readonly names: readonly string[]; readonly body: PlainBody }
  | { readonly declined: string };

/**
 * The header of a CSV in valid UTF-8, with the comment lines before it. A byte order mark is passed over; the header's
 * line end is that of all lines. A column without a name gets one from its place, `column0`. Declined are names that
 * are reserved or that DuckDB could not tell apart, and whatever is not written plainly.
 */
export function parsePlainHeader(bytes: Uint8Array, syntax: PlainSyntax): PlainHeader {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const hasMark = BYTE_ORDER_MARK.every((byte, i) => bytes[i] === byte);
  const start = hasMark ? 3 : 0;
  let at = start;
  while (text[at] === syntax.comment) at = endOfLine(text, at);
  if (hasMark && at > start) return { declined: "it has a comment behind its byte order mark" };
  const record = readNames(text, at, syntax);
  if ("declined" in record) return record;
  const names = record.names.map((name, i) => name || `column${i}`);
  if (record.names.every((name) => name === "")) return { declined: "its header names no column" };
  if (names.some(isPlaceColumn)) return { declined: "its header has a reserved name" };
  const folded = new Set(names.map((name) => name.toLowerCase()));
  if (folded.size < names.length) return { declined: "its header names a column twice" };
  const { end } = record;
  const header = text.subarray(at, end);
  // DuckDB has been seen to lose the last row then.
  if (header.includes(LF) || header.includes(CR)) return { declined: "its header has a name of two lines" };
  const isCrlf = text[end] === CR;
  if (isCrlf && text[end + 1] !== LF) return { declined: "a carriage return in its header ends no line" };
  if (!endAlike(text.subarray(start, at), isCrlf)) return { declined: "its comments end in another way" };
  const body = withLastLineEnded(text, isCrlf);
  return { names, body: { bytes: body, start: end + (isCrlf ? 2 : 1), isCrlf } };
}

/** Where the next line begins. */
function endOfLine(text: Buffer, start: number): number {
  const lf = text.indexOf(LF, start);
  return lf < 0 ? text.length : lf + 1;
}

/** The fields of the record that begins at `start`, and where it ends: at a line end, or with the text. */
function readNames(
  text: Buffer,
  start: number,
  { delimiter, quote, isEnd, isSpecial, hasDoubledQuotes }: PlainSyntax,
): { readonly names: string[]; readonly end: number } | { readonly declined: string } {
  const names: string[] = [];
  let at = start;
  for (; ; at++) {
    if (text[at] === quote && at < text.length) {
      const closing = closingQuote(text, at + 1, { quote, hasDoubledQuotes });
      if (closing < 0) return { declined: "its header has a quote that is not closed" };
      const mark = String.fromCharCode(quote);
      names.push(text.toString("utf8", at + 1, closing).replaceAll(mark + mark, mark));
      at = closing + 1;
    } else {
      const from = at;
      while (at < text.length && isSpecial[text[at]!] === 0) at++;
      names.push(text.toString("utf8", from, at));
    }
    if (at >= text.length || text[at] === LF || text[at] === CR) return { names, end: at };
    if (isEnd[text[at]!] === 0 || text[at] !== delimiter)
      return { declined: "its header has a quote or a comment within a name" };
  }
}

/** Whether every CR of some lines is one of a line end, and all lines end alike. */
function endAlike(lines: Buffer, isCrlf: boolean): boolean {
  if (!isCrlf) return !lines.includes(CR);
  const text = lines.toString("latin1");
  return text.replaceAll("\r\n", "").search(/[\r\n]/) < 0;
}

function withLastLineEnded(text: Buffer, isCrlf: boolean): Buffer {
  if (text[text.length - 1] === LF) return text;
  return Buffer.concat([text, Uint8Array.from(isCrlf ? [CR, LF] : [LF])]);
}
