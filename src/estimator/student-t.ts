import { hypergeometricFraction, hypergeometricSeries } from "./hypergeometric.ts";

/** Up to here 1 / B(df/2, 1/2) comes from a table, beyond from an asymptotic series that is then exact to rounding. */
const LARGEST_TABLED = 40;

/**
 * 1 / B(df/2, 1/2) by degrees of freedom, from 1 / B(1/2, 1/2) = 1/π, 1 / B(1, 1/2) = 1/2 and
 * Γ(x + 1) = x Γ(x) (DLMF 5.12.1, 5.5.1).
 */
const tabledBeta = buildTable();

function buildTable(): Float64Array {
  const table = new Float64Array(LARGEST_TABLED + 1);
  table[1] = 1 / Math.PI;
  table[2] = 0.5;
  for (let df = 3; df <= LARGEST_TABLED; df++) table[df] = (table[df - 2]! * (df - 1)) / (df - 2);
  return table;
}

/** 1 / B(df/2, 1/2) = Γ(df/2 + 1/2) / (√π Γ(df/2)), for whole `df` of at least 1. */
function reciprocalBeta(df: number): number {
  if (df <= LARGEST_TABLED) return tabledBeta[df]!;
  // Γ(w + 3/4) / Γ(w + 1/4) as a series in 1/w²: DLMF 5.11.14.
  const w = df / 2 - 0.25;
  const v = 1 / (w * w);
  const series = 1 + v * (1 / 64 + v * (-19 / 8192 + v * (631 / 524288 - v * (174317 / 134217728))));
  return Math.sqrt(w / Math.PI) * series;
}

/** Beyond this |t| / √df its square might overflow, and 1 + t²/df is t²/df to every digit. */
const LARGEST_SQUARABLE = 1e100;

/** Beyond this t² the chance 1 - p has too many nines to take p from it. */
const LARGEST_CENTRAL_SQUARE = 9;

/** Beyond this t²/(df + t²) the series converges slowly. */
const LARGEST_CENTRAL_SHARE = 0.5;

/**
 * The two-sided p value of Student's t: the chance that |T| is at least |t| under `df` degrees of freedom,
 * I_x(df/2, 1/2) with x = df / (df + t²) (DLMF 8.17.2), good to a relative error of 1e-12.
 *
 * Near the centre 1 - p by the hypergeometric series (DLMF 8.17.8), in the tails p by Gauss's continued fraction
 * after Pfaff's transformation (DLMF 15.8.1), which unlike the usual fraction (DLMF 8.17.22) keeps its digits when
 * `df` is large and x is near 1. Below 1e-300 digits fade, and what is too small for a double is 0.
 *
 * @param t the statistic; not NaN
 * @param df degrees of freedom: a whole number of at least 1
 */
export function studentTwoSidedP(t: number, df: number): number {
  const magnitude = Math.abs(t) / Math.sqrt(df);
  if (magnitude > LARGEST_SQUARABLE) {
    return ((2 * reciprocalBeta(df)) / df) * Math.exp(-df * Math.log(magnitude));
  }
  const ratio = (t * t) / df;
  const density = 2 * reciprocalBeta(df) * Math.exp(-0.5 * df * Math.log1p(ratio));
  const share = ratio / (1 + ratio);
  if (t * t <= LARGEST_CENTRAL_SQUARE && share <= LARGEST_CENTRAL_SHARE) {
    return 1 - density * Math.sqrt(share) * hypergeometricSeries(0.5 * df + 0.5, 1.5, share);
  }
  return (density / (df * Math.sqrt(share))) * hypergeometricFraction(0.5, 0.5 * df + 1, 1 / ratio);
}
