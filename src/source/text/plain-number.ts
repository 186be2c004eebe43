import type { Buffer } from "node:buffer";

const [ZERO, NINE, MINUS, PLUS, SMALL_E] = [0x30, 0x39, 0x2d, 0x2b, 0x65];

/** Below this every integer is a double, and a sum of digits that went beyond it stays beyond it. */
const EXACT_BELOW = 2 ** 53;

/** The powers of ten that are doubles: 1e0 to 1e22. */
const POWERS_OF_TEN = Float64Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));

/** An exponent of more digits than these is left to the slow way. */
const EXPONENT_BOUND = 100_000;

/**
 * Reads the number that begins at `start` into `value[0]` and returns where it ends, exclusive; -1 where no plain number
 * begins. Plain is `-`, digits with at most one decimal separator, the byte `point`, before, among or behind them, and an
 * exponent `e` or `E` with or without a sign. What stands behind the number is the caller's matter; some byte that is
 * none of a number's must.
 *
 * The value is the double nearest to the decimal, ties to even, which is also what the engine gives. Where
 * the digits and the power of ten are both exact doubles one multiplication or division rounds once and is right
 * (W. D. Clinger, How to read floating point numbers accurately, PLDI 1990); all else is left to `Number`.
 */
export function readPlainNumber(bytes: Buffer, start: number, point: number, value: Float64Array): number {
  let at = bytes[start] === MINUS ? start + 1 : start;
  const first = at;
  let digits = 0;
  let byte = bytes[at]!;
  for (; byte >= ZERO && byte <= NINE; byte = bytes[++at]!) digits = digits * 10 + (byte - ZERO);
  let digitCount = at - first;
  let power = 0;
  if (byte === point) {
    const fraction = ++at;
    for (byte = bytes[at]!; byte >= ZERO && byte <= NINE; byte = bytes[++at]!)
      digits = digits * 10 + (byte - ZERO);
    power = fraction - at;
    digitCount -= power;
  }
  if (digitCount === 0) return -1;
  // The bit that is set makes a small letter of a capital.
  if ((byte | 0x20) === SMALL_E) {
    byte = bytes[++at]!;
    const isNegative = byte === MINUS;
    if (isNegative || byte === PLUS) byte = bytes[++at]!;
    const firstOfExponent = at;
    let exponent = 0;
    for (; byte >= ZERO && byte <= NINE; byte = bytes[++at]!)
      exponent = exponent < EXPONENT_BOUND ? exponent * 10 + (byte - ZERO) : exponent;
    if (at === firstOfExponent) return -1;
    power += isNegative ? -exponent : exponent;
  }
  if (digits < EXACT_BELOW && power >= -22 && power <= 22) {
    const nearest = power < 0 ? digits / POWERS_OF_TEN[-power]! : digits * POWERS_OF_TEN[power]!;
    value[0] = first === start ? nearest : -nearest;
  } else value[0] = Number(bytes.toString("latin1", start, at).replace(",", "."));
  return at;
}
