import { dotProduct } from "./dot-product.ts";
import type { Factor } from "./factor.ts";
import { loadCentredRows, type PartitionWalk } from "./moments.ts";
import type { RowBuffer } from "./row-buffer.ts";

/** What a walk over the residuals gathers. */
export interface ResidualSums {
  /** The (weighted) residual sum of squares. */
  squares: number;
  /** By kept column, as scaled: its (weighted) product with the residuals, zero but for rounding at the solution. */
  readonly gradient: Float64Array;
}

/** Turns the target in the buffer into its residuals; the answer is where they begin. */
function takeResiduals(rows: RowBuffer, factor: Factor, coefficients: Float64Array): number {
  const { rowCount, values } = rows;
  const target = factor.featureCount * rowCount;
  for (let k = 0; k < factor.rank; k++) {
    const base = factor.columns[k]! * rowCount;
    const coefficient = coefficients[k]!;
    for (let i = 0; i < rowCount; i++) {
      values[target + i] = values[target + i]! - coefficient * values[base + i]!;
    }
  }
  rows.holdsPartition = false;
  return target;
}

/** Puts a column times the weights into the scratch column; the answer is where the product begins. */
function applyWeights(rows: RowBuffer, column: number): number {
  const { rowCount, values, scratchStart, weightsStart } = rows;
  if (!rows.isWeighted) return column;
  for (let i = 0; i < rowCount; i++)
    values[scratchStart + i] = values[weightsStart + i]! * values[column + i]!;
  return scratchStart;
}

function addBlock(sums: ResidualSums, rows: RowBuffer, factor: Factor, coefficients: Float64Array): void {
  const { rank, columns, scale } = factor;
  const { values, rowCount } = rows;
  const { gradient } = sums;
  const residuals = takeResiduals(rows, factor, coefficients);
  const weighted = applyWeights(rows, residuals);
  sums.squares += dotProduct(values, weighted, residuals, rowCount);
  for (let k = 0; k < rank; k++) {
    gradient[k] = gradient[k]! + dotProduct(values, weighted, columns[k]! * rowCount, rowCount) / scale[k]!;
  }
}

/**
 * Walks the blocks for the residuals of the coefficients (by kept column, of features and target as they are).
 * Residuals come from centred values, so that offsets cost no digits.
 */
export function gatherResiduals(
  sums: ResidualSums,
  walk: PartitionWalk,
  factor: Factor,
  coefficients: Float64Array,
): void {
  const { blocks, rows, moments } = walk;
  sums.squares = 0;
  sums.gradient.fill(0);
  if (rows.holdsPartition) {
    addBlock(sums, rows, factor, coefficients);
    return;
  }
  for (const block of blocks) {
    if (loadCentredRows(moments, rows, block)) addBlock(sums, rows, factor, coefficients);
  }
}
