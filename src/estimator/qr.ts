import { dotProduct } from "./dot-product.ts";
import type { Factor } from "./factor.ts";
import { loadCentredRows, type Moments, type PartitionWalk } from "./moments.ts";
import type { RowBuffer } from "./row-buffer.ts";

/**
 * A feature is aliased when less than this share of its centred length is left beside the features before it. R's
 * `lm` has the same number, but relative to the uncentred length.
 */
export const ALIAS_TOLERANCE = 1e-7;

/** What is left of a column below this share of its uncentred length is taken for rounding of its values. */
export const ROUNDING_NOISE = 4 * Number.EPSILON;

const SMALLEST_NORMAL = 2.2250738585072014e-308;

/** Where QR works: a triangle of all columns, the target last, and what each column is divided by. */
export interface QrWorkspace {
  /** Entry `(i, j)` at `i * columnCount + j`. */
  readonly r: Float64Array;
  /** Powers of two, so that dividing is exact. */
  readonly unit: Float64Array;
}

/** Room for the QR of `columnCount` columns, the target included. */
export function createQrWorkspace(columnCount: number): QrWorkspace {
  return { r: new Float64Array(columnCount * columnCount), unit: new Float64Array(columnCount) };
}

const bits = new DataView(new ArrayBuffer(8));

/** The largest power of two that is at most `x`, for `x` a normal number above zero. */
function powerOfTwoBelow(x: number): number {
  bits.setFloat64(0, x);
  bits.setUint32(0, bits.getUint32(0) & 0x7ff00000);
  bits.setUint32(4, 0);
  return bits.getFloat64(0);
}

/** Multiplies every row by the square root of its weight, so that plain least squares are weighted ones. */
function applyWeights(rows: RowBuffer): void {
  if (!rows.isWeighted) return;
  const { columnCount, rowCount, values, weightsStart, scratchStart } = rows;
  for (let i = 0; i < rowCount; i++) values[scratchStart + i] = Math.sqrt(values[weightsStart + i]!);
  for (let j = 0; j < columnCount; j++) {
    const base = j * rowCount;
    for (let i = 0; i < rowCount; i++) values[base + i] = values[base + i]! * values[scratchStart + i]!;
  }
}

/** Finds the magnitude of every column. False when one is beyond the range of a double. */
function findUnits(unit: Float64Array, { blocks, rows, moments }: PartitionWalk): boolean {
  unit.fill(0);
  for (const block of blocks) {
    if (!loadCentredRows(moments, rows, block)) continue;
    applyWeights(rows);
    const { columnCount, rowCount, values } = rows;
    for (let j = 0; j < columnCount; j++) {
      let largest = unit[j]!;
      for (let i = j * rowCount; i < (j + 1) * rowCount; i++) {
        const magnitude = Math.abs(values[i]!);
        if (!(magnitude <= largest)) largest = magnitude;
      }
      unit[j] = largest;
    }
  }
  for (let j = 0; j < unit.length; j++) {
    if (!Number.isFinite(unit[j]!)) return false;
    unit[j] = unit[j] === 0 ? 1 : powerOfTwoBelow(Math.max(unit[j]!, SMALLEST_NORMAL));
  }
  return true;
}

/**
 * Householder QR of the triangle so far with the rows of the buffer below it (LAPACK's `dtpqrt` without blocking):
 * reflects the rows to zero and leaves the new triangle in `r`.
 */
function reduceRows(r: Float64Array, rows: RowBuffer): void {
  const { columnCount, rowCount, values } = rows;
  for (let k = 0; k < columnCount; k++) {
    const column = k * rowCount;
    const below = dotProduct(values, column, column, rowCount);
    if (below === 0) continue;
    const diagonal = r[k * columnCount + k]!;
    const length = Math.sqrt(diagonal * diagonal + below);
    const reflected = diagonal >= 0 ? -length : length;
    const lead = diagonal - reflected;
    for (let j = k + 1; j < columnCount; j++) {
      const other = j * rowCount;
      const at = k * columnCount + j;
      const shift = -(lead * r[at]! + dotProduct(values, column, other, rowCount)) / reflected;
      r[at] = r[at]! - shift;
      const factor = shift / lead;
      for (let i = 0; i < rowCount; i++)
        values[other + i] = values[other + i]! - factor * values[column + i]!;
    }
    r[k * columnCount + k] = reflected;
  }
}

/** Reflects column `column` of the triangle, from row `top` to its diagonal, into row `top`. */
function reflectColumn(r: Float64Array, columnCount: number, top: number, column: number): void {
  let below = 0;
  for (let i = top + 1; i <= column; i++)
    below += r[i * columnCount + column]! * r[i * columnCount + column]!;
  if (below === 0) return;
  const diagonal = r[top * columnCount + column]!;
  const length = Math.sqrt(diagonal * diagonal + below);
  const reflected = diagonal >= 0 ? -length : length;
  const lead = diagonal - reflected;
  for (let j = column + 1; j < columnCount; j++) {
    let sum = lead * r[top * columnCount + j]!;
    for (let i = top + 1; i <= column; i++) sum += r[i * columnCount + column]! * r[i * columnCount + j]!;
    const shift = -sum / reflected;
    r[top * columnCount + j] = r[top * columnCount + j]! - shift;
    for (let i = top + 1; i <= column; i++) {
      const at = i * columnCount + j;
      r[at] = r[at]! - (shift / lead) * r[i * columnCount + column]!;
    }
  }
  r[top * columnCount + column] = reflected;
  for (let i = top + 1; i <= column; i++) r[i * columnCount + column] = 0;
}

/** The sum of squares of a column of the triangle from row `top` down. */
function columnSquares(r: Float64Array, columnCount: number, top: number, column: number): number {
  let squares = 0;
  for (let i = top; i <= column; i++) squares += r[i * columnCount + column]! * r[i * columnCount + column]!;
  return squares;
}

/** Whether column `j` of the triangle has nothing to say beside its entries above row `top`. */
function isColumnSpent(workspace: QrWorkspace, moments: Moments, top: number, j: number): boolean {
  const { r, unit } = workspace;
  const columnCount = unit.length;
  const left = Math.sqrt(columnSquares(r, columnCount, top, j));
  const own = Math.sqrt(columnSquares(r, columnCount, 0, j));
  const centre = moments.origin[j]! + moments.mean[j]!;
  const away = (Math.sqrt(moments.weightSum) * Math.abs(centre)) / unit[j]!;
  return !(left > ALIAS_TOLERANCE * own && left > ROUNDING_NOISE * (away + own));
}

/**
 * Keeps or aliases the features in order, as R's `dqrdc2` does: an aliased one takes no part in what comes after.
 */
function revealRank(factor: Factor, workspace: QrWorkspace, moments: Moments): void {
  const { featureCount, columns, scale, z } = factor;
  const { r, unit } = workspace;
  const columnCount = featureCount + 1;
  const isTargetConstant = isColumnSpent(workspace, moments, 0, featureCount);
  let rank = 0;
  for (let j = 0; j < featureCount; j++) {
    if (isColumnSpent(workspace, moments, rank, j)) continue;
    reflectColumn(r, columnCount, rank, j);
    for (let i = 0; i <= rank; i++) factor.r[i * featureCount + rank] = r[i * columnCount + j]!;
    columns[rank] = j;
    scale[rank] = unit[j]!;
    rank++;
  }
  for (let i = 0; i < rank; i++) z[i] = isTargetConstant ? 0 : r[i * columnCount + featureCount]!;
  factor.rank = rank;
  factor.targetUnit = unit[featureCount]!;
  factor.totalSquares = isTargetConstant ? 0 : columnSquares(r, columnCount, 0, featureCount);
  factor.residualSquares = isTargetConstant ? 0 : columnSquares(r, columnCount, rank, featureCount);
}

/**
 * The factor by Householder QR of the centred columns, in two more walks over the blocks (magnitudes, then QR block
 * by block, left to right), and a rank-revealing pass over the small triangle. False when a column is beyond the
 * range of a double.
 */
export function factorByQr(factor: Factor, workspace: QrWorkspace, walk: PartitionWalk): boolean {
  const { blocks, rows, moments } = walk;
  if (!findUnits(workspace.unit, walk)) return false;
  workspace.r.fill(0);
  for (const block of blocks) {
    if (!loadCentredRows(moments, rows, block)) continue;
    applyWeights(rows);
    const { columnCount, rowCount, values } = rows;
    for (let j = 0; j < columnCount; j++) {
      const divisor = workspace.unit[j]!;
      for (let i = j * rowCount; i < (j + 1) * rowCount; i++) values[i] = values[i]! / divisor;
    }
    reduceRows(workspace.r, rows);
  }
  revealRank(factor, workspace, moments);
  return true;
}
