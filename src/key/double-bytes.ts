import { KEY_TAG } from "./key-layout.ts";
import type { KeyReader } from "./key-reader.ts";
import type { KeyWriter } from "./key-writer.ts";
import { HIGH_WORD, LOW_WORD } from "./word-order.ts";

const NAN_HIGH = 0x7ff80000;
const SIGN = 0x80000000;

const cell = new Float64Array(1);
const words = new Uint32Array(cell.buffer);

/** Writes a double; -0 as 0, and every NaN as one. */
export function writeDouble(out: KeyWriter, value: number): void {
  cell[0] = value;
  let high = words[HIGH_WORD]!;
  let low = words[LOW_WORD]!;
  if (value === 0) high = 0;
  if (Number.isNaN(value)) [high, low] = [NAN_HIGH, 0];
  const isNegative = high >>> 31 === 1;
  out.reserve(9);
  out.put(KEY_TAG.double);
  out.putWord(isNegative ? ~high : high | SIGN);
  out.putWord(isNegative ? ~low : low);
}

/** Reads a double. @throws ManyfitError `internal` for other bytes. */
export function readDouble(reader: KeyReader): number {
  reader.expectTag(KEY_TAG.double);
  const high = reader.takeWord();
  const low = reader.takeWord();
  const isNegative = high >>> 31 === 0;
  words[HIGH_WORD] = isNegative ? ~high : high & ~SIGN;
  words[LOW_WORD] = isNegative ? ~low : low;
  const value = cell[0]!;
  if (Object.is(value, -0)) throw reader.damage("hold the double -0, which is written as 0");
  if (Number.isNaN(value) && (high >>> 0 !== 0xfff80000 || low !== 0))
    throw reader.damage("hold a NaN in another form than the one NaN");
  return value;
}
