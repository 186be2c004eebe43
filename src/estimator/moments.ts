import type { Block, Blocks, FitFailure } from "./estimator.ts";
import {
  columnMeans,
  crossProducts,
  loadColumns,
  type RowBuffer,
  selectRows,
  subtractFromColumns,
} from "./row-buffer.ts";

/**
 * Means and centred cross products of a partition's columns (features in order, then the target). A mean is kept
 * in two parts, `origin + mean`: the origin is the column's mean over the first block, and everything else is
 * computed from values less the origin, so that a large common offset costs no digits. For models without
 * intercept both parts stay zero and the products are those of the columns themselves.
 */
export interface Moments {
  readonly isCentred: boolean;
  readonly origin: Float64Array;
  /** Mean of the values less the origin. */
  readonly mean: Float64Array;
  /** Entry `(j, k)`, j <= k, at `j * columnCount + k`. */
  readonly cross: Float64Array;
  /** Mean (less the origin) and cross products of the block that is being merged. */
  readonly blockMean: Float64Array;
  readonly blockCross: Float64Array;
  /** Rows of weight above zero. */
  rowCount: number;
  /** Sum of weights; without weights the number of rows. */
  weightSum: number;
}

/** Room for the moments of `columnCount` columns; `isCentred` is false for models without intercept. */
export function createMoments(columnCount: number, isCentred: boolean): Moments {
  return {
    isCentred,
    origin: new Float64Array(columnCount),
    mean: new Float64Array(columnCount),
    cross: new Float64Array(columnCount * columnCount),
    blockMean: new Float64Array(columnCount),
    blockCross: new Float64Array(columnCount * columnCount),
    rowCount: 0,
    weightSum: 0,
  };
}

/**
 * Merges the block's moments into those of the blocks before it: Chan, Golub & LeVeque 1983, "Algorithms for
 * computing the sample variance", for pairs of columns.
 */
function mergeBlock(moments: Moments, weight: number): void {
  const { mean, cross, blockMean, blockCross, isCentred } = moments;
  const columnCount = mean.length;
  const total = moments.weightSum + weight;
  const share = weight / total;
  for (let j = 0; j < columnCount; j++) blockMean[j] = blockMean[j]! - mean[j]!;
  for (let j = 0; j < columnCount; j++) {
    const pull = isCentred ? blockMean[j]! * moments.weightSum * share : 0;
    for (let k = j; k < columnCount; k++) {
      const at = j * columnCount + k;
      cross[at] = cross[at]! + blockCross[at]! + pull * blockMean[k]!;
    }
  }
  for (let j = 0; j < columnCount; j++) mean[j] = mean[j]! + blockMean[j]! * share;
}

/** Takes the mean off every column of the buffer, and says what it was. */
function centreColumns(moments: Moments, rows: RowBuffer, means: Float64Array): void {
  if (!moments.isCentred) {
    means.fill(0);
    return;
  }
  columnMeans(rows, means);
  subtractFromColumns(rows, means);
}

function invalidWeight(message: string): FitFailure {
  return { failure: { code: "invalid_weight", message } };
}

function checkCounts(moments: Moments, rows: RowBuffer, walkedRows: number): FitFailure | null {
  if (walkedRows === 0) {
    return { failure: { code: "no_rows", message: "partition has 0 rows, a fit needs at least 1" } };
  }
  if (moments.weightSum === 0) return invalidWeight("weights are all zero, at least one must be above zero");
  if (rows.isWeighted && !(moments.weightSum > 1e-200 && moments.weightSum < 1e200)) {
    return invalidWeight(
      `weights add up to ${moments.weightSum}, allowed is a sum between 1e-200 and 1e200: ` +
        "multiply them all by one number",
    );
  }
  return null;
}

/** One partition under way: its rows, and what is known of them. */
export interface PartitionWalk {
  readonly blocks: Blocks;
  readonly rows: RowBuffer;
  readonly moments: Moments;
}

/**
 * Walks the blocks once and gathers their moments: two passes within each block (mean first, then centred
 * products), blocks merged left to right. The answer is a failure when weights are unusable or there are no rows,
 * else null.
 */
export function gatherMoments({ blocks, rows, moments }: PartitionWalk): FitFailure | null {
  moments.rowCount = 0;
  moments.weightSum = 0;
  moments.origin.fill(0);
  let walkedRows = 0;
  for (const block of blocks) {
    const negative = selectRows(rows, block);
    if (negative !== null) return invalidWeight(`weight is ${negative}, allowed are zero and above`);
    walkedRows += block.rowCount;
    if (rows.rowCount === 0) continue;
    loadColumns(rows, block, moments.origin);
    if (moments.rowCount === 0) {
      centreColumns(moments, rows, moments.origin);
      centreColumns(moments, rows, moments.mean);
      crossProducts(rows, moments.cross);
    } else {
      centreColumns(moments, rows, moments.blockMean);
      crossProducts(rows, moments.blockCross);
      mergeBlock(moments, rows.weightSum);
    }
    moments.rowCount += rows.rowCount;
    moments.weightSum += rows.weightSum;
  }
  rows.holdsPartition = rows.rowCount === moments.rowCount;
  return checkCounts(moments, rows, walkedRows);
}

/**
 * Puts the rows of a block into the buffer once more, centred by the means of the whole partition: what every
 * later walk works on. False when no row of the block counts.
 */
export function loadCentredRows(moments: Moments, rows: RowBuffer, block: Block): boolean {
  selectRows(rows, block);
  if (rows.rowCount === 0) return false;
  loadColumns(rows, block, moments.origin);
  if (moments.isCentred) subtractFromColumns(rows, moments.mean);
  return true;
}
