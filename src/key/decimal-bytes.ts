import type { DecimalShape } from "./decimal-shape.ts";
import { integerFromBigInt } from "./integer-range.ts";
import { KEY_TAG } from "./key-layout.ts";
import type { KeyReader } from "./key-reader.ts";
import type { KeyWriter } from "./key-writer.ts";

const ZERO_HEADER = 0x80;
/** Header of a positive decimal with exponent 0. */
const EXPONENT_ZERO = 0xc0;
const MIN_EXPONENT = -37;
const MAX_EXPONENT = 38;
const MAX_PAIRS = 19;
const DIGIT_ZERO = 0x30;

/** Writes the decimal `unscaled` × 10^-`scale`. That it fits its type is the caller's check. */
export function writeDecimal(out: KeyWriter, unscaled: number | bigint, scale: number): void {
  const text = String(unscaled);
  const isNegative = text.startsWith("-");
  const first = isNegative ? 1 : 0;
  let end = text.length;
  while (end > first && text.charCodeAt(end - 1) === DIGIT_ZERO) end--;
  out.reserve(3 + MAX_PAIRS);
  out.put(KEY_TAG.decimal);
  if (end === first) {
    out.put(ZERO_HEADER);
    return;
  }
  const flip = isNegative ? 0xff : 0;
  out.put((EXPONENT_ZERO + (text.length - first - scale)) ^ flip);
  for (let i = first; i < end; i += 2) {
    const tens = text.charCodeAt(i) - DIGIT_ZERO;
    const ones = i + 1 < end ? text.charCodeAt(i + 1) - DIGIT_ZERO : 0;
    out.put((1 + 10 * tens + ones) ^ flip);
  }
  out.put(flip);
}

/**
 * Reads a decimal as the unscaled bigint at the scale of `shape`.
 * @throws ManyfitError `internal` for other bytes, and for a value that the shape cannot hold.
 */
export function readUnscaled(reader: KeyReader, shape: DecimalShape): bigint {
  reader.expectTag(KEY_TAG.decimal);
  const header = reader.next();
  if (header === ZERO_HEADER) return 0n;
  const flip = header < ZERO_HEADER ? 0xff : 0;
  const exponent = (header ^ flip) - EXPONENT_ZERO;
  if (exponent < MIN_EXPONENT || exponent > MAX_EXPONENT)
    throw reader.damage(`have the decimal exponent ${exponent}, from -37 to 38 are allowed`);
  const digits = readDigits(reader, flip);
  const zeros = exponent - digits.length + shape.scale;
  if (zeros < 0 || digits.length + zeros > shape.width)
    throw reader.damage(`hold a decimal that decimal(${shape.width},${shape.scale}) cannot`);
  const magnitude = BigInt(digits + "0".repeat(zeros));
  return flip === 0 ? magnitude : -magnitude;
}

/** Reads a decimal as {@link readUnscaled} does, as a number when the unscaled integer is a safe one. */
export function readDecimal(reader: KeyReader, shape: DecimalShape): number | bigint {
  return integerFromBigInt(readUnscaled(reader, shape));
}

/** The digits up to and with the end byte, without the digit that fills up the last byte. */
function readDigits(reader: KeyReader, flip: number): string {
  let digits = "";
  let last = 0;
  for (let pair = (reader.next() ^ flip) - 1; pair !== -1; pair = (reader.next() ^ flip) - 1) {
    if (pair > 99 || (digits === "" && pair < 10) || digits.length >= 2 * MAX_PAIRS)
      throw reader.damage("have digits that no decimal has");
    digits += pair < 10 ? `0${pair}` : `${pair}`;
    last = pair;
  }
  if (last === 0) throw reader.damage("have a decimal that is longer than needed");
  return last % 10 === 0 ? digits.slice(0, -1) : digits;
}
