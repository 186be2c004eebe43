import { Buffer } from "node:buffer";
import type { Dialect } from "../../job/dialect.ts";

const [LF, CR] = [0x0a, 0x0d];

/** Stands for a byte that the dialect does not have; equal to none. */
const NO_BYTE = -1;

/** None of these is part of a number or of another character, nor does DuckDB pass over it where it looks for a quote. */
const PLAIN_DELIMITERS = [...",;\t|:^~!@#$%&*/=?\x01\x1f"];

const PLAIN_QUOTES = ['"', "'"];

const PLAIN_COMMENTS = [..."#%;!*/@~&$^|?"];

/** A dialect as bytes. */
export interface PlainSyntax {
  readonly delimiter: number;
  /** -1 where nothing is quoted. */
  readonly quote: number;
  /** Whether a quote inside a quoted field is written twice; else there is none. */
  readonly hasDoubledQuotes: boolean;
  /** -1 where there are no comments. */
  readonly comment: number;
  /** By byte, 1 for what ends a field: the delimiter, LF and CR. */
  readonly isEnd: Uint8Array;
  /** By byte, 1 also for quote and comment, which must not stand within a field that is not quoted. */
  readonly isSpecial: Uint8Array;
  /** Fields that are NULL beside the empty one. */
  readonly nullTexts: readonly Buffer[];
  /** Whether one of them reads as a number. */
  readonly hasNumericNull: boolean;
  /** Stands before the fraction of a number. */
  readonly point: number;
}

/** A dialect as bytes, or why a text of that dialect is not read: what stands in it may mean something else to DuckDB. */
export function plainSyntax(dialect: Dialect): PlainSyntax | { readonly declined: string } {
  const reason = whyNotPlain(dialect);
  if (reason !== null) return { declined: reason };
  const delimiter = dialect.delimiter.charCodeAt(0);
  const quote = byteOf(dialect.quote);
  const comment = byteOf(dialect.comment ?? "");
  const isEnd = byteSet([delimiter, LF, CR]);
  const nullTexts = dialect.nullTexts.filter((text) => text !== "");
  return {
    delimiter,
    quote,
    hasDoubledQuotes: dialect.escape === dialect.quote,
    comment,
    isEnd,
    isSpecial: byteSet([delimiter, LF, CR, quote, comment]),
    nullTexts: nullTexts.map((text) => Buffer.from(text)),
    hasNumericNull: nullTexts.some((text) => /\d/.test(text)),
    point: dialect.decimal.charCodeAt(0),
  };
}

function whyNotPlain({ delimiter, quote, decimal, comment, nullTexts }: Dialect): string | null {
  if (!PLAIN_DELIMITERS.includes(delimiter)) return `delimiter ${JSON.stringify(delimiter)} is not plain`;
  if (quote !== "" && !PLAIN_QUOTES.includes(quote)) return `quote ${JSON.stringify(quote)} is not plain`;
  if (decimal === delimiter) return "its decimal separator is its delimiter";
  if (comment !== null && (comment === delimiter || !PLAIN_COMMENTS.includes(comment))) {
    return `comment ${JSON.stringify(comment)} is not plain`;
  }
  const marks = [delimiter, quote, comment ?? "", "\n", "\r", "\0"].filter((mark) => mark !== "");
  const odd = nullTexts.find((text) => marks.some((mark) => text.includes(mark)));
  return odd === undefined ? null : `null text ${JSON.stringify(odd)} is not plain`;
}

function byteOf(character: string): number {
  return character === "" ? NO_BYTE : character.charCodeAt(0);
}

function byteSet(bytes: readonly number[]): Uint8Array {
  const set = new Uint8Array(256);
  for (const byte of bytes) if (byte >= 0) set[byte] = 1;
  return set;
}
