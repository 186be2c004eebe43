import type { Fit, RowValues } from "./estimator.ts";

/**
 * What a linear model predicts for every row: the intercept, 0 without one, and coefficient × feature added to it in
 * the order of the features. An aliased coefficient counts as 0 and its feature is not looked at, as in R's
 * `predict.lm`. It is the sum that `predict` makes of stored models, term by term.
 *
 * @param model `[intercept, coefficients]`, as linear regression gives it
 */
export function predictLinear(model: Fit["model"], { rowCount, features }: RowValues): Float64Array {
  const [intercept, coefficients] = model as readonly [number | null, readonly (number | null)[]];
  const predictions = new Float64Array(rowCount).fill(intercept ?? 0);
  for (const [j, coefficient] of coefficients.entries()) {
    if (coefficient === null) continue;
    const feature = features[j]!;
    for (let i = 0; i < rowCount; i++) predictions[i] = predictions[i]! + coefficient * feature[i]!;
  }
  return predictions;
}
