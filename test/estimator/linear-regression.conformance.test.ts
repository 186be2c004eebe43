import { linearRegressionEstimator } from "../../src/estimator/linear-regression.ts";
import { checkEstimator } from "../conformance/check-estimator.ts";
import { featureNames } from "./linear-fit.ts";

const variants = [
  { featureCount: 0, isWeighted: false, hasIntercept: true },
  { featureCount: 1, isWeighted: false, hasIntercept: true },
  { featureCount: 3, isWeighted: false, hasIntercept: true },
  { featureCount: 3, isWeighted: true, hasIntercept: true },
  { featureCount: 1, isWeighted: false, hasIntercept: false },
  { featureCount: 3, isWeighted: true, hasIntercept: false },
  { featureCount: 7, isWeighted: false, hasIntercept: true },
];

for (const { featureCount, isWeighted, hasIntercept } of variants) {
  const rows = isWeighted ? "weighted rows" : "rows";
  const constant = hasIntercept ? "with intercept" : "without intercept";
  checkEstimator(`linear regression of ${featureCount} features on ${rows} ${constant}`, {
    featureCount,
    isWeighted,
    absentFields: hasIntercept ? [] : ["intercept"],
    createEstimator: () =>
      linearRegressionEstimator({ features: featureNames(featureCount), isWeighted, hasIntercept }),
  });
}
