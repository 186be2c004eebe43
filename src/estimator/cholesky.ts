import type { Factor } from "./factor.ts";
import type { Moments } from "./moments.ts";

/**
 * The smallest pivot that Cholesky is trusted with. A pivot is 1 - R² of a feature on those before it, and about
 * its reciprocal is what the cross products lose in digits compared with the columns: at 1e-3 three of sixteen.
 */
export const SMALLEST_PIVOT = 1e-3;

/** Squares outside of this range may have lost digits or overflowed on the way. */
const SMALLEST_SQUARES = 1e-200;
const LARGEST_SQUARES = 1e200;

/** Smallest ratio of a column's centred to its uncentred sum of squares: below, it may be constant but for rounding. */
const SMALLEST_SPREAD = 1e-24;

/** Whether the cross products of every column are far from underflow, overflow and rounding noise. */
function areSquaresSound(moments: Moments): boolean {
  const { mean, origin, cross, weightSum } = moments;
  const columnCount = mean.length;
  for (let j = 0; j < columnCount; j++) {
    const squares = cross[j * columnCount + j]!;
    if (!(squares > SMALLEST_SQUARES && squares < LARGEST_SQUARES)) return false;
    const centre = origin[j]! + mean[j]!;
    if (!(squares > SMALLEST_SPREAD * weightSum * centre * centre)) return false;
  }
  return true;
}

/**
 * The factor by Cholesky of the cross products, scaled to a unit diagonal, in feature order. False, and nothing to
 * be used, when a pivot is below {@link SMALLEST_PIVOT} or a column's squares are not sound: then the columns
 * themselves have to be looked at again.
 */
export function factorByCholesky(factor: Factor, moments: Moments): boolean {
  if (!areSquaresSound(moments)) return false;
  const { featureCount, columns, r, z, scale } = factor;
  const { cross } = moments;
  const columnCount = featureCount + 1;
  for (let j = 0; j < featureCount; j++) scale[j] = Math.sqrt(cross[j * columnCount + j]!);
  for (let j = 0; j < featureCount; j++) {
    let pivot = 1;
    for (let i = 0; i < j; i++) pivot -= r[i * featureCount + j]! * r[i * featureCount + j]!;
    if (!(pivot >= SMALLEST_PIVOT)) return false;
    const root = Math.sqrt(pivot);
    r[j * featureCount + j] = root;
    for (let k = j + 1; k < columnCount; k++) {
      const isTarget = k === featureCount;
      let entry = cross[j * columnCount + k]! / (isTarget ? scale[j]! : scale[j]! * scale[k]!);
      for (let i = 0; i < j; i++)
        entry -= r[i * featureCount + j]! * (isTarget ? z[i]! : r[i * featureCount + k]!);
      if (isTarget) z[j] = entry / root;
      else r[j * featureCount + k] = entry / root;
    }
    columns[j] = j;
  }
  factor.rank = featureCount;
  factor.targetUnit = 1;
  factor.residualSquares = null;
  factor.totalSquares = cross[columnCount * columnCount - 1]!;
  return true;
}
