import { Buffer } from "node:buffer";
import { isPlaceColumn } from "./place-columns.ts";

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
 * The header line of a CSV without quotes, in valid UTF-8. A byte order mark is passed over; the first line's end is
 * that of all. Declined are names that are empty, reserved, or that DuckDB could not tell apart, and a bare CR.
 */
export function parsePlainHeader(bytes: Uint8Array, delimiter: string): PlainHeader {
  const hasMark = BYTE_ORDER_MARK.every((byte, i) => bytes[i] === byte);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const firstLf = text.indexOf(LF);
  const isCrlf = firstLf > 0 && text[firstLf - 1] === CR;
  const body = withLastLineEnded(text, isCrlf);
  const nextLine = body.indexOf(LF) + 1;
  const header = body.toString("utf8", hasMark ? 3 : 0, nextLine - (isCrlf ? 2 : 1));
  if (header.includes("\r")) return { declined: "line 1 has a carriage return that ends no line" };
  const names = header.split(delimiter);
  if (names.includes("")) return { declined: "line 1 has a column without a name" };
  if (names.some(isPlaceColumn)) return { declined: "line 1 has a reserved name" };
  const folded = new Set(names.map((name) => name.toLowerCase()));
  if (folded.size < names.length) return { declined: "line 1 names a column twice" };
  return { names, body: { bytes: body, start: nextLine, isCrlf } };
}

function withLastLineEnded(text: Buffer, isCrlf: boolean): Buffer {
  if (text[text.length - 1] === LF) return text;
  return Buffer.concat([text, Uint8Array.from(isCrlf ? [CR, LF] : [LF])]);
}
