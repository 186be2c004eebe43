import type { MetricField } from "../run/result-schema.ts";
import type { Block, Blocks, Estimator, Fit, FitFailure, FitWarning } from "./estimator.ts";

/** The metrics of {@link scoreHoldout}, in its order. */
export const HOLDOUT_METRICS: readonly MetricField[] = [
  { name: "holdout_rmse", better: "lower" },
  { name: "holdout_mae", better: "lower" },
  { name: "holdout_r2", better: "higher" },
];

/** What a model is worth on rows that it was not fitted on. */
export interface HoldoutScore {
  /** In the order of {@link HOLDOUT_METRICS}. */
  readonly metrics: readonly (number | null)[];
  readonly warnings: readonly FitWarning[];
}

/** A model with what predicts by it. */
export interface ScoredModel {
  readonly estimator: Pick<Estimator, "predict">;
  /** As it is stored. */
  readonly model: Fit["model"];
}

/**
 * Scores a model on held-out rows, with errors e = target - prediction: `holdout_rmse` = √(Σwe² / Σw), `holdout_mae` =
 * Σw|e| / Σw, `holdout_r2` = 1 - Σwe² / Σw(y - ȳ)² about the (weighted) mean of the held-out targets themselves: what
 * scikit-learn's `root_mean_squared_error`, `mean_absolute_error` and `r2_score` give, with `sample_weight` where rows
 * are weighted. Where those give 0, 1 or NaN by convention, for a constant target and for a single row, `holdout_r2`
 * is null. All three are null where no row counts, and, with a warning `holdout_not_finite`, where an error leaves the
 * range of a double. Rows of weight zero are not looked at.
 *
 * Walks the blocks twice: errors are divided by the largest of them, so that no square leaves the range.
 *
 * A negative weight is a failure `invalid_weight`, as it would be among the rows of the fit.
 */
export function scoreHoldout(scored: ScoredModel, blocks: Blocks): HoldoutScore | FitFailure {
  const scales = gatherScales(scored, blocks);
  if ("failure" in scales) return scales;
  const { weightSum, largestError, isConstant } = scales;
  if (weightSum === 0) return { metrics: [null, null, null], warnings: [] };
  if (!Number.isFinite(largestError) || !Number.isFinite(weightSum)) {
    const message =
      "an error on the held-out rows leaves the range of a double (about 1e308): the metrics of the holdout have no value";
    return { metrics: [null, null, null], warnings: [{ code: "holdout_not_finite", message }] };
  }
  const sums = gatherErrors(scored, blocks, scales);
  const ratio = scales.errorUnit / scales.targetUnit;
  return {
    metrics: [
      scales.errorUnit * Math.sqrt(sums.squares / weightSum),
      scales.errorUnit * (sums.absolutes / weightSum),
      isConstant ? null : finiteOrNull(1 - ratio * ratio * (sums.squares / sums.targetSquares)),
    ],
    warnings: [],
  };
}

/** What the first walk finds, over the rows of weight above zero. */
interface Scales {
  readonly weightSum: number;
  /** NaN or infinite where an error is. */
  readonly largestError: number;
  /** What errors are divided by. */
  readonly errorUnit: number;
  readonly targetMean: number;
  /** What the target less its mean is divided by. */
  readonly targetUnit: number;
  readonly isConstant: boolean;
}

function gatherScales({ estimator, model }: ScoredModel, blocks: Blocks): Scales | FitFailure {
  let [weightSum, distance, origin, largestError] = [0, 0, 0, 0];
  let [lowest, highest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const block of blocks) {
    const predictions = estimator.predict(model, block);
    let [blockWeight, blockDistance] = [0, 0];
    for (let i = 0; i < block.rowCount; i++) {
      const weight = weightAt(block, i);
      if (weight < 0) return negativeWeight(weight);
      if (weight === 0) continue;
      const target = block.target[i]!;
      if (lowest > highest) origin = target;
      blockWeight += weight;
      blockDistance += weight * (target - origin);
      lowest = Math.min(lowest, target);
      highest = Math.max(highest, target);
      largestError = Math.max(largestError, Math.abs(target - predictions[i]!));
    }
    weightSum += blockWeight;
    distance += blockDistance;
  }
  const targetMean = origin + distance / weightSum;
  const targetUnit = Math.max(highest - targetMean, targetMean - lowest);
  const errorUnit = largestError === 0 ? 1 : largestError;
  return { weightSum, largestError, errorUnit, targetMean, targetUnit, isConstant: lowest === highest };
}

/** (Weighted) sums of errors, their squares, and the squares of the target about its mean, each in its unit. */
interface ErrorSums {
  readonly absolutes: number;
  readonly squares: number;
  readonly targetSquares: number;
}

function gatherErrors({ estimator, model }: ScoredModel, blocks: Blocks, scales: Scales): ErrorSums {
  const { errorUnit, targetMean, targetUnit } = scales;
  let [absolutes, squares, targetSquares] = [0, 0, 0];
  for (const block of blocks) {
    const predictions = estimator.predict(model, block);
    let [blockAbsolutes, blockSquares, blockTargetSquares] = [0, 0, 0];
    for (let i = 0; i < block.rowCount; i++) {
      const weight = weightAt(block, i);
      if (weight === 0) continue;
      const error = Math.abs(block.target[i]! - predictions[i]!) / errorUnit;
      const distance = (block.target[i]! - targetMean) / targetUnit;
      blockAbsolutes += weight * error;
      blockSquares += weight * error * error;
      blockTargetSquares += weight * distance * distance;
    }
    absolutes += blockAbsolutes;
    squares += blockSquares;
    targetSquares += blockTargetSquares;
  }
  return { absolutes, squares, targetSquares };
}

function weightAt({ weights }: Block, row: number): number {
  return weights === null ? 1 : weights[row]!;
}

function negativeWeight(weight: number): FitFailure {
  const message = `weight of a held-out row is ${weight}, allowed are zero and above`;
  return { failure: { code: "invalid_weight", message } };
}

function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
