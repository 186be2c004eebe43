import type { EstimatorFamily } from "./estimator-family.ts";
import { linearRegressionFamily } from "./linear-regression.ts";

/** Every estimator that comes with manyfit. */
export const BUILT_IN_ESTIMATORS: readonly EstimatorFamily[] = [linearRegressionFamily];
