import { ManyfitError } from "../errors.ts";
import { INT64_MAX, integerFromBigInt } from "./integer-range.ts";
import { KEY_TAG } from "./key-layout.ts";
import type { KeyReader } from "./key-reader.ts";
import type { KeyWriter } from "./key-writer.ts";
import { HIGH_WORD, LOW_WORD } from "./word-order.ts";

const SIGN = 0x80000000;
const NANOS_PER_MICRO = 1000n;

const cell = new BigInt64Array(1);
const words = new Uint32Array(cell.buffer);

/** The tags of keys that are instants. */
export type InstantTag = typeof KEY_TAG.timestamp | typeof KEY_TAG.timestamptz;

/** Writes a date, in days since 1970-01-01. */
export function writeDate(out: KeyWriter, days: number): void {
  out.reserve(5);
  out.put(KEY_TAG.date);
  out.putWord(days ^ SIGN);
}

/** Reads a date, in days since 1970-01-01. @throws ManyfitError `internal` for other bytes. */
export function readDate(reader: KeyReader): number {
  reader.expectTag(KEY_TAG.date);
  return reader.takeWord() ^ SIGN;
}

/** Writes an instant whose microseconds are given as the two words of a 64-bit two's complement. */
export function writeMicrosWords(out: KeyWriter, tag: InstantTag, high: number, low: number): void {
  putInstant(out, tag, high, low);
  out.put(0);
  out.put(0);
}

/** Writes an instant in microseconds. */
export function writeMicros(out: KeyWriter, tag: InstantTag, micros: number | bigint): void {
  cell[0] = BigInt(micros);
  writeMicrosWords(out, tag, words[HIGH_WORD]!, words[LOW_WORD]!);
}

/** Writes an instant in nanoseconds under the tag of timestamps. */
export function writeNanos(out: KeyWriter, nanos: bigint): void {
  const isInfinite = nanos === INT64_MAX || nanos === -INT64_MAX;
  const beyond = isInfinite ? 0n : ((nanos % NANOS_PER_MICRO) + NANOS_PER_MICRO) % NANOS_PER_MICRO;
  cell[0] = isInfinite ? nanos : (nanos - beyond) / NANOS_PER_MICRO;
  putInstant(out, KEY_TAG.timestamp, words[HIGH_WORD]!, words[LOW_WORD]!);
  const rest = Number(beyond);
  out.put(rest >>> 8);
  out.put(rest);
}

/**
 * Reads an instant in microseconds into cell `index` of a `BigInt64Array`.
 * @throws ManyfitError `internal` for other bytes, and for an instant between two microseconds.
 */
export function readMicrosInto(reader: KeyReader, tag: InstantTag, into: BigInt64Array, index: number): void {
  const beyond = readInstant(reader, tag);
  if (beyond !== 0) throw reader.damage(`hold an instant ${beyond} nanoseconds beyond a microsecond`);
  into[index] = cell[0]!;
}

/** Reads an instant in microseconds. @throws as {@link readMicrosInto}. */
export function readMicros(reader: KeyReader, tag: InstantTag): number | bigint {
  const micros = new BigInt64Array(1);
  readMicrosInto(reader, tag, micros, 0);
  return integerFromBigInt(micros[0]!);
}

/**
 * Reads an instant in nanoseconds.
 * @throws ManyfitError `internal` for other bytes, and for an instant outside 64 bits of nanoseconds (1677 to 2262).
 */
export function readNanos(reader: KeyReader): bigint {
  const beyond = readInstant(reader, KEY_TAG.timestamp);
  const micros = cell[0]!;
  if (micros === INT64_MAX || micros === -INT64_MAX) return micros;
  const nanos = micros * NANOS_PER_MICRO + BigInt(beyond);
  if (nanos >= INT64_MAX || nanos <= -INT64_MAX)
    throw reader.damage("hold an instant that 64 bits of nanoseconds cannot");
  return nanos;
}

/** Writes tag and microseconds, and makes room for the nanoseconds. */
function putInstant(out: KeyWriter, tag: InstantTag, high: number, low: number): void {
  if (high >>> 0 === SIGN && low === 0)
    throw new ManyfitError(
      "unsupported_type",
      "key value of a timestamp type: -2^63 microseconds is no instant",
    );
  out.reserve(11);
  out.put(tag);
  out.putWord(high ^ SIGN);
  out.putWord(low);
}

/** Reads an instant's microseconds into `cell` and returns the nanoseconds beyond them. */
function readInstant(reader: KeyReader, tag: InstantTag): number {
  reader.expectTag(tag);
  const high = reader.takeWord() ^ SIGN;
  words[HIGH_WORD] = high;
  const low = reader.takeWord();
  words[LOW_WORD] = low;
  const beyond = (reader.next() << 8) | reader.next();
  if (beyond > 999)
    throw reader.damage(`have ${beyond} nanoseconds beyond a microsecond, at most 999 are allowed`);
  const isInfinite = cell[0] === INT64_MAX || cell[0] === -INT64_MAX;
  if ((isInfinite && beyond !== 0) || (high >>> 0 === SIGN && low === 0))
    throw reader.damage("hold an instant that no timestamp has");
  return beyond;
}
