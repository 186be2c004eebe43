import type { Buffer } from "node:buffer";

const [QUOTE, BACKSLASH, MINUS, PLUS, POINT] = [0x22, 0x5c, 0x2d, 0x2b, 0x2e];
const [ZERO, NINE, SMALL_E] = [0x30, 0x39, 0x65];
const [BRACE, BRACKET, BRACE_END, BRACKET_END, SPACE] = [0x7b, 0x5b, 0x7d, 0x5d, 0x20];

/** Where a string of JSON ends that begins at `start`, exclusive; -1 where it is none. Escapes are not looked at. */
export function endOfString(bytes: Buffer, start: number): number {
  if (bytes[start] !== QUOTE) return -1;
  for (let at = start + 1; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte === QUOTE) return at + 1;
    if (byte < SPACE) return -1;
    if (byte === BACKSLASH) at++;
  }
  return -1;
}

/** Where a number of JSON ends that begins at `start`, exclusive; -1 where none does. */
export function endOfNumber(bytes: Buffer, start: number): number {
  let at = bytes[start] === MINUS ? start + 1 : start;
  const whole = at;
  at = endOfDigits(bytes, at);
  if (at === whole || (bytes[whole] === ZERO && at > whole + 1)) return -1;
  if (bytes[at] === POINT) {
    const fraction = at + 1;
    at = endOfDigits(bytes, fraction);
    if (at === fraction) return -1;
  }
  if ((bytes[at]! | 0x20) === SMALL_E) {
    at++;
    if (bytes[at] === MINUS || bytes[at] === PLUS) at++;
    const exponent = at;
    at = endOfDigits(bytes, exponent);
    if (at === exponent) return -1;
  }
  return at;
}

function endOfDigits(bytes: Buffer, start: number): number {
  let at = start;
  while (bytes[at]! >= ZERO && bytes[at]! <= NINE) at++;
  return at;
}

/** Where an object or a list ends that begins at `start`, exclusive; -1 where it is none that every reader takes. */
export function endOfNested(bytes: Buffer, start: number): number {
  let depth = 0;
  for (let at = start; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte === QUOTE) {
      at = endOfString(bytes, at) - 1;
      if (at < 0) return -1;
    } else if (byte === BRACE || byte === BRACKET) depth++;
    else if (byte === BRACE_END || byte === BRACKET_END) depth--;
    else if (byte < SPACE) return -1;
    if (depth === 0) return isJson(bytes.toString("utf8", start, at + 1)) ? at + 1 : -1;
  }
  return -1;
}

/** Readers differ about characters that are written as two halves, and about how deep values may be. */
function isJson(text: string): boolean {
  if (text.includes("\\u") || /[[{]{20}/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * The text of a string of JSON, between `start` and `end` (exclusive, both quotes among it), as UTF-8; null where it has
 * an escape that readers take in different ways.
 */
export function decodedString(bytes: Buffer, start: number, end: number): Uint8Array | null {
  const content = bytes.subarray(start + 1, end - 1);
  if (!content.includes(BACKSLASH)) return content;
  try {
    const text: unknown = JSON.parse(bytes.toString("utf8", start, end));
    if (typeof text !== "string" || text.includes("\0")) return null;
    const encoded = new TextEncoder().encode(text);
    // Half a character would have become a sign of its own.
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(encoded) === text ? encoded : null;
  } catch {
    return null;
  }
}
