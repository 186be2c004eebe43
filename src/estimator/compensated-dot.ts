/** 2^27 + 1: splits a double into two halves of 26 bits (Veltkamp). */
const SPLITTER = 134217729;

/** Two lists of numbers, of which the first `count` count. */
export interface DotOperands {
  readonly a: Float64Array;
  readonly b: Float64Array;
  readonly count: number;
}

/**
 * `start + Σ a[i] * b[i]` as if computed with twice the digits and rounded once: Ogita, Rump & Oishi 2005,
 * "Accurate sum and dot product", algorithm Dot2. Where splitting overflows, beyond about 1e300, the plain sum.
 */
export function compensatedDot(start: number, { a, b, count }: DotOperands): number {
  let sum = start;
  let plain = start;
  let correction = 0;
  for (let i = 0; i < count; i++) {
    const x = a[i]!;
    const y = b[i]!;
    const product = x * y;
    const xSplit = SPLITTER * x;
    const xHigh = xSplit - (xSplit - x);
    const xLow = x - xHigh;
    const ySplit = SPLITTER * y;
    const yHigh = ySplit - (ySplit - y);
    const yLow = y - yHigh;
    const productError = xLow * yLow - (product - xHigh * yHigh - xLow * yHigh - xHigh * yLow);
    const next = sum + product;
    const part = next - sum;
    correction += sum - (next - part) + (product - part) + productError;
    sum = next;
    plain += product;
  }
  const result = sum + correction;
  return Number.isFinite(result) ? result : plain;
}
