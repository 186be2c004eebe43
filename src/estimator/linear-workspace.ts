import { createFactor, type Factor } from "./factor.ts";
import { createLinearSolution, type LinearSolution } from "./linear-solution.ts";
import { createMoments, type Moments } from "./moments.ts";
import { createQrWorkspace, type QrWorkspace } from "./qr.ts";
import { createRowBuffer, type RowBuffer } from "./row-buffer.ts";

/** What a linear regression is to fit. */
export interface LinearRegressionOptions {
  /** Names of the features, in the order of the blocks' columns; may be empty when there is an intercept. */
  readonly features: readonly string[];
  /** Whether blocks have weights. */
  readonly isWeighted: boolean;
  readonly hasIntercept: boolean;
}

/** All the memory one linear regression estimator works in: made once, every part overwritten by each fit. */
export interface LinearWorkspace {
  readonly options: LinearRegressionOptions;
  readonly rows: RowBuffer;
  readonly moments: Moments;
  readonly factor: Factor;
  readonly qr: QrWorkspace;
  readonly solution: LinearSolution;
  /** Room for a square matrix of all coefficients. */
  readonly square: Float64Array;
  /** Room for one number per feature. */
  readonly scratch: Float64Array;
}

/** Room for linear regressions with these options. */
export function createLinearWorkspace(options: LinearRegressionOptions): LinearWorkspace {
  const featureCount = options.features.length;
  const columnCount = featureCount + 1;
  return {
    options: { ...options, features: [...options.features] },
    rows: createRowBuffer(columnCount, options.isWeighted),
    moments: createMoments(columnCount, options.hasIntercept),
    factor: createFactor(featureCount),
    qr: createQrWorkspace(columnCount),
    solution: createLinearSolution(featureCount),
    square: new Float64Array(columnCount * columnCount),
    scratch: new Float64Array(featureCount),
  };
}
