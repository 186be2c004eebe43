import { ManyfitError } from "../errors.ts";
import { KEY_TAG } from "./key-layout.ts";
import type { KeyReader } from "./key-reader.ts";
import type { KeyWriter } from "./key-writer.ts";

const ESCAPED_ZERO = 0xff;
const END = 0x01;

/** Neither drops a byte order mark nor replaces what is not UTF-8: a key is its bytes. */
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Writes text. @throws ManyfitError `unsupported_type` for a lone surrogate, which has no UTF-8 form. */
export function writeText(out: KeyWriter, text: string): void {
  // No code unit takes more than three bytes: a zero takes two, a pair of surrogates four.
  out.reserve(3 + 3 * text.length);
  out.put(KEY_TAG.text);
  const bytes = out.bytes;
  let at = out.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) {
      bytes[at++] = unit;
      if (unit === 0) bytes[at++] = ESCAPED_ZERO;
    } else if (unit < 0x800) {
      bytes[at++] = 0xc0 | (unit >> 6);
      bytes[at++] = 0x80 | (unit & 0x3f);
    } else if (unit < 0xd800 || unit > 0xdfff) {
      bytes[at++] = 0xe0 | (unit >> 12);
      bytes[at++] = 0x80 | ((unit >> 6) & 0x3f);
      bytes[at++] = 0x80 | (unit & 0x3f);
    } else {
      const point = text.codePointAt(i)!;
      if (point <= 0xffff) throw loneSurrogate(text, i);
      bytes[at++] = 0xf0 | (point >> 18);
      bytes[at++] = 0x80 | ((point >> 12) & 0x3f);
      bytes[at++] = 0x80 | ((point >> 6) & 0x3f);
      bytes[at++] = 0x80 | (point & 0x3f);
      i++;
    }
  }
  out.length = at;
  putEnd(out);
}

/** Writes bytes. */
export function writeBlob(out: KeyWriter, value: Uint8Array): void {
  out.reserve(3 + 2 * value.length);
  out.put(KEY_TAG.blob);
  for (const byte of value) {
    out.put(byte);
    if (byte === 0) out.put(ESCAPED_ZERO);
  }
  putEnd(out);
}

/** Reads text. @throws ManyfitError `internal` for other bytes. */
export function readText(reader: KeyReader): string {
  const value = readEscaped(reader, KEY_TAG.text);
  try {
    return decoder.decode(value);
  } catch {
    throw reader.damage("hold text that is not UTF-8");
  }
}

/** Reads bytes, as a copy. @throws ManyfitError `internal` for other bytes. */
export function readBlob(reader: KeyReader): Uint8Array {
  return readEscaped(reader, KEY_TAG.blob).slice();
}

function putEnd(out: KeyWriter): void {
  out.put(0);
  out.put(END);
}

/** The bytes up to the end mark without their escapes: a view where there are none, else a new array. */
function readEscaped(reader: KeyReader, tag: number): Uint8Array {
  reader.expectTag(tag);
  const { bytes } = reader;
  const start = reader.position;
  let escapes = 0;
  for (;;) {
    if (reader.next() !== 0) continue;
    const mark = reader.next();
    if (mark === END) break;
    if (mark !== ESCAPED_ZERO) throw reader.damage("have a byte 00 that is neither escaped nor an end");
    escapes++;
  }
  const end = reader.position - 2;
  if (escapes === 0) return bytes.subarray(start, end);
  const value = new Uint8Array(end - start - escapes);
  for (let from = start, to = 0; from < end; to++) {
    value[to] = bytes[from]!;
    from += bytes[from] === 0 ? 2 : 1;
  }
  return value;
}

function loneSurrogate(text: string, index: number): ManyfitError {
  const shown = JSON.stringify(text.slice(Math.max(0, index - 20), index + 20));
  const unit = text.charCodeAt(index).toString(16);
  return new ManyfitError(
    "unsupported_type",
    `key text ${shown}: has the lone surrogate \\u${unit} at position ${index}, which is no character ` +
      "and has no UTF-8 form; repair the text or use another key column",
  );
}
