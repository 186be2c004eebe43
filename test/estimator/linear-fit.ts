import type { Fit, FitWarning, TermEstimate } from "../../src/estimator/estimator.ts";
import { linearRegressionEstimator } from "../../src/estimator/linear-regression.ts";
import { blocksFrom, type PartitionColumns } from "./partition-blocks.ts";

/** A linear fit with names instead of positions. */
export interface NamedFit {
  readonly intercept: number | null;
  readonly coefficients: readonly (number | null)[];
  readonly metrics: Readonly<Record<string, number | null>>;
  readonly terms: Readonly<Record<string, TermEstimate>>;
  readonly warnings: readonly FitWarning[];
}

/** Names `x1`, `x2`, … for features without names. */
export function featureNames(count: number): string[] {
  return Array.from({ length: count }, (_, j) => `x${j + 1}`);
}

/** Fits a partition with an estimator made for it, and throws when the fit fails. */
export function fitLinear(
  columns: PartitionColumns,
  { names = featureNames(columns.features.length), hasIntercept = true } = {},
): NamedFit {
  const isWeighted = (columns.weights ?? null) !== null;
  const estimator = linearRegressionEstimator({ features: names, isWeighted, hasIntercept });
  const fit = estimator.fit(blocksFrom(columns));
  if ("failure" in fit) throw new Error(`${fit.failure.code}: ${fit.failure.message}`);
  return nameFit(fit, estimator.resultSchema);
}

function nameFit(
  fit: Fit,
  schema: { readonly metrics: readonly { readonly name: string }[]; readonly terms: readonly string[] },
): NamedFit {
  return {
    intercept: fit.model[0] as number | null,
    coefficients: fit.model[1] as readonly (number | null)[],
    metrics: Object.fromEntries(schema.metrics.map(({ name }, i) => [name, fit.metrics[i]!])),
    terms: Object.fromEntries(schema.terms.map((name, i) => [name, fit.terms[i]!])),
    warnings: fit.warnings,
  };
}
