import { compensatedDot } from "./compensated-dot.ts";
import { type Factor, solveTransposed, solveUpper } from "./factor.ts";
import type { Moments, PartitionWalk } from "./moments.ts";
import { gatherResiduals, type ResidualSums } from "./residuals.ts";

/** The least squares solution of one partition, and room to find it. */
export interface LinearSolution {
  /** By kept column of the factor, of the features and the target as they are. */
  readonly coefficients: Float64Array;
  /** 0 without intercept. */
  intercept: number;
  /** (Weighted) residual sum of squares, in squared units of the target. */
  residualSquares: number;
  /** Room for a step of refinement and for the intercept. */
  readonly residuals: ResidualSums;
  readonly step: Float64Array;
  readonly multipliers: Float64Array;
  readonly centres: Float64Array;
}

/** Room for the solution of a design of `featureCount` features. */
export function createLinearSolution(featureCount: number): LinearSolution {
  return {
    coefficients: new Float64Array(featureCount),
    intercept: 0,
    residualSquares: 0,
    residuals: { squares: 0, gradient: new Float64Array(featureCount) },
    step: new Float64Array(featureCount),
    multipliers: new Float64Array(2 * featureCount + 1),
    centres: new Float64Array(2 * featureCount + 1),
  };
}

/** Adds `x`, the solution of a scaled system, to the coefficients. */
function addStep(solution: LinearSolution, factor: Factor, x: Float64Array): void {
  const { coefficients } = solution;
  for (let k = 0; k < factor.rank; k++) {
    coefficients[k] = coefficients[k]! + x[k]! * (factor.targetUnit / factor.scale[k]!);
  }
}

/**
 * The mean of the target less that of the features times their coefficients, in twice the digits: with features far
 * from zero these are large numbers whose sum is small.
 */
function interceptOf(solution: LinearSolution, factor: Factor, moments: Moments): number {
  const { coefficients, multipliers, centres } = solution;
  const { origin, mean } = moments;
  const target = factor.featureCount;
  multipliers[0] = 1;
  centres[0] = mean[target]!;
  let count = 1;
  for (let k = 0; k < factor.rank; k++) {
    const feature = factor.columns[k]!;
    multipliers[count] = -coefficients[k]!;
    centres[count++] = origin[feature]!;
    multipliers[count] = -coefficients[k]!;
    centres[count++] = mean[feature]!;
  }
  return compensatedDot(origin[target]!, { a: multipliers, b: centres, count });
}

/**
 * Improves the coefficients once by what the residuals still hold of the columns (Björck's corrected seminormal
 * equations), in one more walk over the blocks: it gives a factor from cross products the digits of a factor from
 * the columns. The answer is the residual sum of squares after the step.
 */
function refine(solution: LinearSolution, factor: Factor, walk: PartitionWalk): number {
  const { coefficients, residuals, step } = solution;
  gatherResiduals(residuals, walk, factor, coefficients);
  solveTransposed(factor, residuals.gradient, step);
  let gain = 0;
  for (let k = 0; k < factor.rank; k++) gain += step[k]! * step[k]!;
  solveUpper(factor, step, step);
  addStep(solution, factor, step);
  return Math.max(0, residuals.squares - gain);
}

/** Coefficients, residual sum of squares and intercept from the factor. */
export function solveLinear(solution: LinearSolution, factor: Factor, walk: PartitionWalk): void {
  const { coefficients, step } = solution;
  coefficients.fill(0);
  solveUpper(factor, factor.z, step);
  addStep(solution, factor, step);
  solution.residualSquares = factor.residualSquares ?? refine(solution, factor, walk);
  solution.intercept = walk.moments.isCentred ? interceptOf(solution, factor, walk.moments) : 0;
}
