import { KEY_TAG } from "./key-layout.ts";
import type { KeyReader } from "./key-reader.ts";
import type { KeyWriter } from "./key-writer.ts";
import { HIGH_WORD, LOW_WORD } from "./word-order.ts";

const ZERO_HEADER = 0x80;
const MAX_BYTES = 16;
const WORD = 2 ** 32;

/** Two 64-bit cells to take a bigint of up to 128 bits apart and together. */
const cells = new BigUint64Array(2);

const words = new Uint32Array(cells.buffer);

/** Writes an integer given as the two 32-bit words of its 64-bit two's complement, as a `BigInt64Array` holds it. */
export function writeInt64(out: KeyWriter, high: number, low: number): void {
  if (high >>> 31 === 0) {
    writeMagnitude(out, false, high, low);
    return;
  }
  const lowMagnitude = -low >>> 0;
  writeMagnitude(out, true, (~high + (lowMagnitude === 0 ? 1 : 0)) >>> 0, lowMagnitude);
}

/** Writes an integer from -2^127 to 2^128 - 1; a number must be a safe integer. The range is the caller's check. */
export function writeInteger(out: KeyWriter, value: number | bigint): void {
  if (typeof value === "number") {
    const magnitude = Math.abs(value);
    writeMagnitude(out, value < 0, Math.floor(magnitude / WORD), magnitude >>> 0);
    return;
  }
  const magnitude = value < 0n ? -value : value;
  cells[0] = magnitude;
  cells[1] = magnitude >> 64n;
  if (cells[1] === 0n) writeMagnitude(out, value < 0n, words[HIGH_WORD]!, words[LOW_WORD]!);
  else writeWideMagnitude(out, value < 0n);
}

function writeMagnitude(out: KeyWriter, isNegative: boolean, high: number, low: number): void {
  const count = high === 0 ? 4 - (Math.clz32(low) >> 3) : 8 - (Math.clz32(high) >> 3);
  const flip = isNegative ? 0xff : 0;
  out.reserve(2 + count);
  out.put(KEY_TAG.integer);
  out.put(isNegative ? ZERO_HEADER - count : ZERO_HEADER + count);
  for (let i = count - 1; i >= 0; i--) out.put(((i > 3 ? high : low) >>> (8 * (i & 3))) ^ flip);
}

/** Writes the magnitude in `cells`, which is of more than 64 bits. */
function writeWideMagnitude(out: KeyWriter, isNegative: boolean): void {
  const highest = words[2 + HIGH_WORD]!;
  const next = words[2 + LOW_WORD]!;
  const count = highest === 0 ? 12 - (Math.clz32(next) >> 3) : 16 - (Math.clz32(highest) >> 3);
  const flip = isNegative ? 0xff : 0;
  out.reserve(2 + count);
  out.put(KEY_TAG.integer);
  out.put(isNegative ? ZERO_HEADER - count : ZERO_HEADER + count);
  for (let i = count - 1; i >= 0; i--) {
    const word = words[(i >> 3) * 2 + ((i & 4) === 0 ? LOW_WORD : HIGH_WORD)]!;
    out.put((word >>> (8 * (i & 3))) ^ flip);
  }
}

/**
 * Reads an integer of at most 64 bits into `into[2 × index]` and the word after it, which are the words of cell
 * `index` of a `BigInt64Array`. @throws ManyfitError `internal` for other bytes.
 */
export function readInt64(reader: KeyReader, into: Uint32Array, index: number): void {
  const isNegative = readMagnitude(reader);
  const low = words[LOW_WORD]!;
  const high = words[HIGH_WORD]!;
  const isMinimum = isNegative && high === 0x80000000 && low === 0;
  if (cells[1] !== 0n || (high >>> 31 === 1 && !isMinimum)) throw reader.damage("hold more than 64 bits");
  into[2 * index + LOW_WORD] = isNegative ? -low : low;
  into[2 * index + HIGH_WORD] = isNegative ? ~high + (low === 0 ? 1 : 0) : high;
}

/** Reads an integer: a number when it is a safe integer, else a bigint. @throws ManyfitError `internal`. */
export function readInteger(reader: KeyReader): number | bigint {
  const isNegative = readMagnitude(reader);
  const number = words[HIGH_WORD]! * WORD + words[LOW_WORD]!;
  if (cells[1] === 0n && number <= Number.MAX_SAFE_INTEGER) return isNegative ? -number : number;
  const magnitude = (cells[1]! << 64n) | cells[0]!;
  if (isNegative && magnitude > 1n << 127n) throw reader.damage("hold an integer below -2^127");
  return isNegative ? -magnitude : magnitude;
}

/** Reads tag, header and magnitude into `cells`; true when the integer is negative. */
function readMagnitude(reader: KeyReader): boolean {
  reader.expectTag(KEY_TAG.integer);
  const header = reader.next();
  const isNegative = header < ZERO_HEADER;
  const count = Math.abs(header - ZERO_HEADER);
  if (count > MAX_BYTES)
    throw reader.damage(`have an integer header for ${count} bytes, at most 16 are allowed`);
  const flip = isNegative ? 0xff : 0;
  const start = reader.take(count);
  if (count > 0 && reader.bytes[start] === flip)
    throw reader.damage("have an integer that is longer than needed");
  words.fill(0);
  for (let i = 0; i < count; i++) {
    const place = count - 1 - i;
    const word = (place >> 3) * 2 + ((place & 4) === 0 ? LOW_WORD : HIGH_WORD);
    words[word]! |= (reader.bytes[start + i]! ^ flip) << (8 * (place & 3));
  }
  return isNegative;
}
