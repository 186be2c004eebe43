/** Largest relative size of what is left out of a series or a continued fraction. */
const PRECISION = 2e-17;

/** More terms than any argument in use needs; a bound that keeps a loop finite. */
const MOST_TERMS = 10_000;

/**
 * The hypergeometric function F(a, 1; c; y) by its power series (DLMF 15.2.1), for `a, c > 0` and `0 <= y < 1`:
 * every term is positive, so nothing cancels. Quick while `a * y` is small and `y` not near 1.
 */
export function hypergeometricSeries(a: number, c: number, y: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 0; k < MOST_TERMS; k++) {
    term *= ((a + k) / (c + k)) * y;
    sum += term;
    if (term <= sum * PRECISION) break;
  }
  return sum;
}

/**
 * The hypergeometric function F(a, 1; c; -z) by Gauss's continued fraction (DLMF 15.7.1), for `0 < a < c`, `c > 1`
 * and `z >= 0`. Its coefficients are all positive, so nothing cancels, and its value lies between any two
 * neighbouring convergents, so the error is known. Quick while `z` is not large.
 */
export function hypergeometricFraction(a: number, c: number, z: number): number {
  let previousTop = 0;
  let previousBottom = 1;
  let top = 1;
  let bottom = 1;
  let step = 1;
  for (let m = 0; m < MOST_TERMS; m++) {
    const odd = m === 0 ? (a / c) * z : (((a + m) * (c + m - 1)) / ((c + 2 * m - 1) * (c + 2 * m))) * z;
    previousTop = top + odd * previousTop;
    previousBottom = bottom + odd * previousBottom;
    const even = (((m + 1) * (c - a + m)) / ((c + 2 * m) * (c + 2 * m + 1))) * z;
    top = previousTop + even * top;
    bottom = previousBottom + even * bottom;
    step *= odd * even;
    if (step <= PRECISION * top * previousBottom) break;
  }
  return top / bottom;
}
