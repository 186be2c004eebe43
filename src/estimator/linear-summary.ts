import { designCondition } from "./design-condition.ts";
import type { Fit, FitWarning, TermEstimate } from "./estimator.ts";
import { inverseRowSquares, solveTransposed } from "./factor.ts";
import type { LinearWorkspace } from "./linear-workspace.ts";
import { studentTwoSidedP } from "./student-t.ts";

/** Names that a message lists before it only counts. */
const MOST_NAMES = 12;

interface LinearModel {
  readonly intercept: number | null;
  readonly coefficients: readonly (number | null)[];
}

function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

/**
 * The metrics, in the order of the schema, defined as in R's `summary.lm`; a weighted rmse is the square root of
 * the weighted mean of squared residuals. Null where there is no value or it is beyond the range of a double.
 */
function metricsOf(workspace: LinearWorkspace, degrees: number, sigma: number | null): (number | null)[] {
  const { moments, factor, solution } = workspace;
  const { targetUnit, totalSquares, rank, z } = factor;
  const intercepts = moments.isCentred ? 1 : 0;
  const residual = solution.residualSquares;
  let explained = 0;
  for (let k = 0; k < rank; k++) explained += z[k]! * z[k]!;
  const unexplainedShare = residual / (explained + residual);
  const isConstant = totalSquares === 0;
  return [
    isConstant ? null : explained / (explained + residual),
    isConstant || degrees === 0
      ? null
      : finiteOrNull(1 - unexplainedShare * ((moments.rowCount - intercepts) / degrees)),
    sigma,
    finiteOrNull(targetUnit * Math.sqrt(residual / moments.weightSum)),
    finiteOrNull(residual * targetUnit * targetUnit),
    finiteOrNull(totalSquares * targetUnit * targetUnit),
    degrees,
    rank + intercepts,
    designCondition(factor, moments, workspace.square),
  ];
}

/**
 * One term with the two-sided p value of its t statistic. Null where there is no value: no degrees of freedom (then
 * there is no error), or a standard error of 0.
 */
function termOf(estimate: number, error: number | null, degrees: number): TermEstimate {
  const stdError = error === null ? null : finiteOrNull(error);
  const statistic = stdError === null || stdError === 0 ? null : finiteOrNull(estimate / stdError);
  const pValue = statistic === null ? null : studentTwoSidedP(statistic, degrees);
  return { estimate, stdError, statistic, pValue };
}

/** The standard error of the intercept over sigma: √(1/Σw + x̄ᵀ (X'X)⁻¹ x̄). */
function interceptErrorShare({ moments, factor, scratch }: LinearWorkspace): number {
  for (let k = 0; k < factor.rank; k++) {
    const feature = factor.columns[k]!;
    scratch[k] = (moments.origin[feature]! + moments.mean[feature]!) / factor.scale[k]!;
  }
  solveTransposed(factor, scratch, scratch);
  let squares = 1 / moments.weightSum;
  for (let k = 0; k < factor.rank; k++) squares += scratch[k]! * scratch[k]!;
  return Math.sqrt(squares);
}

function termsOf(
  workspace: LinearWorkspace,
  model: LinearModel,
  degrees: number,
  sigma: number | null,
): TermEstimate[] {
  const { factor, scratch } = workspace;
  const terms: TermEstimate[] = [];
  if (model.intercept !== null) {
    const error = sigma === null ? null : sigma * interceptErrorShare(workspace);
    terms.push(termOf(model.intercept, error, degrees));
  }
  let kept = 0;
  for (const coefficient of model.coefficients) {
    if (coefficient === null) {
      terms.push({ estimate: null, stdError: null, statistic: null, pValue: null });
      continue;
    }
    const error =
      sigma === null
        ? null
        : (sigma / factor.scale[kept]!) * Math.sqrt(inverseRowSquares(factor, kept, scratch));
    terms.push(termOf(coefficient, error, degrees));
    kept++;
  }
  return terms;
}

/** The names in order, at most twelve of them and then how many there are. */
function listNames(names: readonly string[]): string {
  const listed = names.slice(0, MOST_NAMES).join(", ");
  return names.length > MOST_NAMES ? `${listed}, … (${names.length} in all)` : listed;
}

function warningsOf({ options, factor, moments }: LinearWorkspace, model: LinearModel): FitWarning[] {
  const warnings: FitWarning[] = [];
  if (factor.rank < factor.featureCount) {
    const aliased = options.features.filter((_, j) => model.coefficients[j] === null);
    const message =
      `${aliased.length} of ${factor.featureCount} features have no coefficient, being linear combinations of the ` +
      `terms before them: ${listNames(aliased)}`;
    warnings.push({ code: "rank_deficient", message });
  }
  if (factor.totalSquares === 0) {
    const same = moments.isCentred ? "the same" : "zero";
    const message = `target is ${same} in all ${moments.rowCount} rows: r2 and adj_r2 have no value`;
    warnings.push({ code: "constant_target", message });
  }
  return warnings;
}

/** The model of a solved workspace; null for what is aliased or not asked for. */
function modelOf({ options, factor, solution }: LinearWorkspace): LinearModel {
  const coefficients: (number | null)[] = [];
  let kept = 0;
  for (let j = 0; j < factor.featureCount; j++) {
    const isKept = kept < factor.rank && factor.columns[kept] === j;
    coefficients.push(isKept ? solution.coefficients[kept++]! : null);
  }
  return { intercept: options.hasIntercept ? solution.intercept : null, coefficients };
}

/** What a solved workspace says of its partition, as plain data that shares nothing with it. */
export function summarizeLinearFit(workspace: LinearWorkspace): Fit {
  const { moments, factor, solution } = workspace;
  const degrees = Math.max(0, moments.rowCount - factor.rank - (moments.isCentred ? 1 : 0));
  const sigma =
    degrees === 0 ? null : finiteOrNull(factor.targetUnit * Math.sqrt(solution.residualSquares / degrees));
  const model = modelOf(workspace);
  return {
    model: [model.intercept, model.coefficients],
    metrics: metricsOf(workspace, degrees, sigma),
    terms: termsOf(workspace, model, degrees, sigma),
    warnings: warningsOf(workspace, model),
  };
}
