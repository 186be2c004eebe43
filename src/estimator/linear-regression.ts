import { ManyfitError } from "../errors.ts";
import type { MetricField, ResultSchema } from "../run/result-schema.ts";
import { factorByCholesky } from "./cholesky.ts";
import type { Blocks, Estimator, Fit, FitFailure } from "./estimator.ts";
import { predictLinear } from "./linear-prediction.ts";
import { solveLinear } from "./linear-solution.ts";
import { summarizeLinearFit } from "./linear-summary.ts";
import {
  createLinearWorkspace,
  type LinearRegressionOptions,
  type LinearWorkspace,
} from "./linear-workspace.ts";
import { gatherMoments } from "./moments.ts";
import { factorByQr } from "./qr.ts";

const METRICS: readonly MetricField[] = [
  { name: "r2", better: "higher" },
  { name: "adj_r2", better: "higher" },
  { name: "sigma", better: "lower" },
  { name: "rmse", better: "lower" },
  { name: "rss", better: "lower" },
  { name: "tss", better: null },
  { name: "df_resid", better: null },
  { name: "rank", better: null },
  { name: "condition_number", better: "lower" },
];

function resultSchemaOf({ features, hasIntercept }: LinearRegressionOptions): ResultSchema {
  return {
    form: "fields",
    model: [
      { name: "intercept", listLength: null },
      { name: "coefficients", listLength: features.length },
    ],
    metrics: METRICS,
    terms: hasIntercept ? ["(intercept)", ...features] : [...features],
  };
}

function notFinite(subject: string): FitFailure {
  const message =
    `${subject} leaves the range of a double (about 1e308): ` +
    "rescale the columns, for instance by a power of ten, so that values are below 1e150";
  return { failure: { code: "not_finite", message } };
}

/** Why the solution cannot be a model, or null when it can. */
function findOverflow({ options, factor, solution }: LinearWorkspace): FitFailure | null {
  for (let k = 0; k < factor.rank; k++) {
    if (Number.isFinite(solution.coefficients[k])) continue;
    return notFinite(`coefficient of ${options.features[factor.columns[k]!]}`);
  }
  return Number.isFinite(solution.intercept) ? null : notFinite("intercept");
}

function fitBlocks(workspace: LinearWorkspace, blocks: Blocks): Fit | FitFailure {
  const { options, factor, qr, solution, rows, moments } = workspace;
  const walk = { blocks, rows, moments };
  const refused = gatherMoments(walk);
  if (refused !== null) return refused;
  if (!factorByCholesky(factor, moments) && !factorByQr(factor, qr, walk)) {
    const beyond = qr.unit.findIndex((unit) => !Number.isFinite(unit));
    return notFinite(
      beyond < options.features.length ? `sum of ${options.features[beyond]}` : "sum of the target",
    );
  }
  solveLinear(solution, factor, walk);
  return findOverflow(workspace) ?? summarizeLinearFit(workspace);
}

/**
 * Ordinary or weighted least squares, as R's `lm` with `summary.lm`.
 *
 * **Model**: `intercept` (null without one) and `coefficients`, one per feature, null where aliased. **Terms**:
 * `(intercept)` if there is one, then the features, each with standard error, t statistic and two-sided p value.
 *
 * **Metrics**: `r2` and `adj_r2` (about zero instead of the mean without intercept), `sigma` = √(rss / df_resid),
 * `rmse` = √(rss / Σw), `rss` and `tss` (weighted; `tss` about the mean unless there is no intercept), `df_resid` =
 * rows of weight above zero - rank, `rank` (counts the intercept), `condition_number` of the design with every column
 * scaled to unit length. What has no value (r2 of a constant target, sigma without degrees of freedom, a statistic
 * over a standard error of 0) or is beyond the range of a double is null; what is too small for a double is 0. Of a
 * perfect fit, `rss` and what follows from it are rounding, or 0.
 *
 * **How**: cross products centred block by block and merged left to right, Cholesky in feature order, one step of
 * refinement. Where a feature is nearly a combination of those before it (1 - R² below 1e-3), Householder QR of the
 * columns themselves, block by block in further walks. Blocks are part of the definition: the same rows in other
 * blocks may differ in the last bits.
 *
 * **Rank-deficient designs** as in R: features are kept in order, and one of which less than 1e-7 of its length is
 * left beside those before it is aliased: it has no coefficient, and a warning `rank_deficient` names it. R takes this
 * share of the length of the column as it is; here it is that of the length about the mean, so features far from
 * zero (years, timestamps, an offset of 1e6) are fitted where R may drop them. What is left of a feature and is no
 * more than rounding of its values (four units in the last place) is aliased too, so a constant feature beside an
 * intercept always is. Without intercept both shares are the same.
 *
 * **Weights** as in R: zero weights take a row out, degrees of freedom included; only ratios matter to the model.
 * **Warnings**: `rank_deficient`, `constant_target`. **Failures**: `invalid_weight` (one is negative, all are zero, or
 * their sum is not between 1e-200 and 1e200), `not_finite` (a coefficient or a sum leaves the range of a double),
 * `no_rows`. Fewer rows than coefficients are fitted too, as rank-deficient, for callers that do not keep to
 * `minRows`.
 *
 * Its memory, (features + 3) × 32 KiB and the square of features, is taken once, here.
 *
 * @throws ManyfitError `invalid_option` when there is neither a feature nor an intercept
 */
export function linearRegressionEstimator(options: LinearRegressionOptions): Estimator {
  if (options.features.length === 0 && !options.hasIntercept) {
    throw new ManyfitError(
      "invalid_option",
      "linear regression has 0 features and no intercept, at least one coefficient is needed: add a feature",
    );
  }
  const workspace = createLinearWorkspace(options);
  return {
    resultSchema: resultSchemaOf(workspace.options),
    minRows: options.features.length + (options.hasIntercept ? 1 : 0),
    fit: (blocks) => fitBlocks(workspace, blocks),
    predict: predictLinear,
  };
}
