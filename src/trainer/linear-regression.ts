import { ManyfitError, suggestName } from "../errors.ts";
import { linearRegressionEstimator } from "../estimator/linear-regression.ts";
import type { EstimatorSpec, Params } from "../job/job.ts";
import type { EstimatorFamily } from "./estimator-family.ts";
import { resolveParts } from "./resolve-parts.ts";

/** What a linear regression is told. */
export interface LinearRegressionParams {
  /** Column to explain. */
  readonly target: string;
  /**
   * Columns that explain it, in the order of the coefficients. Default: all other numeric columns of the source, in
   * its order, without keys, weights and unnamed columns of row numbers.
   */
  readonly features?: readonly string[] | undefined;
  /** Column of weights per row, not negative. Default: every row counts the same. */
  readonly weights?: string | undefined;
  /** Whether there is a constant term. Default: true. */
  readonly intercept?: boolean | undefined;
}

const NAME = "linear-regression";
/** What R calls the constant term, but for the case. */
const INTERCEPT_TERM = "(intercept)";
const PARAM_NAMES = ["target", "features", "weights", "intercept"];

/**
 * Least squares as R's `lm`, one model per partition, as plain data for `train`. Nothing is checked here: columns
 * are, against the source, before anything is fitted.
 */
export function linearRegression(params: LinearRegressionParams): EstimatorSpec {
  return {
    estimator: NAME,
    params: {
      target: params.target,
      features: params.features ?? null,
      weights: params.weights ?? null,
      intercept: params.intercept ?? true,
    },
  };
}

/** How manyfit knows linear regression. */
export const linearRegressionFamily: EstimatorFamily = {
  name: NAME,
  resolveColumns(params, columns, keyNames) {
    checkParams(params);
    const target = params["target"] as string;
    const weights = (params["weights"] ?? null) as string | null;
    const parts = { target, weights, features: (params["features"] ?? null) as readonly string[] | null };
    const { features } = resolveParts(NAME, parts, columns, keyNames);
    if (params["intercept"] !== false && features.includes(INTERCEPT_TERM)) {
      const text = `feature "${INTERCEPT_TERM}" has the name of the intercept's term: rename it, or fit without intercept`;
      throw new ManyfitError("invalid_option", text);
    }
    return { features, target, weights };
  },
  createEstimator(params, columns) {
    return linearRegressionEstimator({
      features: columns.features,
      isWeighted: columns.weights !== null,
      hasIntercept: params["intercept"] !== false,
    });
  },
};

function checkParams(params: Params): void {
  for (const name of Object.keys(params)) {
    if (PARAM_NAMES.includes(name)) continue;
    throw new ManyfitError(
      "invalid_option",
      `${NAME} has no param "${name}"; ${suggestName(name, PARAM_NAMES)}`,
    );
  }
  if (typeof params["target"] !== "string" || params["target"] === "") {
    throw new ManyfitError("invalid_option", `${NAME} needs a target: the column to explain (--target)`);
  }
}
