import { ManyfitError, suggestName } from "../errors.ts";
import { linearRegressionEstimator } from "../estimator/linear-regression.ts";
import type { EstimatorSpec, Params } from "../job/job.ts";
import type { SourceColumn } from "../job/resolved-job.ts";
import type { EstimatorFamily } from "./estimator-family.ts";

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
    const told = (params["features"] ?? null) as readonly string[] | null;
    const known = new Map(columns.map((column) => [column.name, column]));
    checkColumn(known, target, "target");
    if (weights !== null) checkColumn(known, weights, "weights");
    for (const feature of told ?? []) checkColumn(known, feature, "feature");
    const taken = new Set([target, weights, ...keyNames]);
    const others = columns.filter((column) => column.isNamed && !taken.has(column.name));
    const near = told === null ? others.find((column) => column.nearNumber !== undefined) : undefined;
    if (near !== undefined) checkColumn(known, near.name, "feature");
    const features = told ?? others.filter((column) => column.isNumeric).map((column) => column.name);
    if (told === null && features.length === 0) {
      const text = `${NAME} finds no feature: no other column of the source is numeric; name some with --features`;
      throw new ManyfitError("invalid_option", text);
    }
    checkFeatures(features, target, weights);
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

function checkColumn(known: ReadonlyMap<string, SourceColumn>, name: string, role: string): void {
  const column = known.get(name);
  if (column === undefined) {
    const names = [...known.keys()];
    throw new ManyfitError(
      "unknown_column",
      `${role} "${name}" is not a column of the source; ${suggestName(name, names)}`,
    );
  }
  if (column.isNumeric || column.sqlType === "BOOLEAN") return;
  const isText = column.sqlType === "VARCHAR";
  const advice =
    column.nearNumber === undefined
      ? isText
        ? adviceOnText(name)
        : ""
      : adviceOn(column.nearNumber, column);
  throw new ManyfitError(
    "unsupported_type",
    `${role} "${name}" is ${isText ? "text" : column.sqlType}, ${NAME} needs numbers${advice}`,
  );
}

function adviceOnText(name: string): string {
  return `; some of its values are not: with --type ${name}=double the first of them is named`;
}

/** What can be told of a field that keeps a column from being one of numbers. */
function adviceOn(field: string, { name, sqlType }: SourceColumn): string {
  const asNumbers = `tell --type ${name}=double if its texts are numbers, --type ${name}=text if they are not`;
  const isNumber = field.trim() !== "" && Number.isFinite(Number(field.replaceAll("_", "")));
  if (isNumber) return `; it has ${JSON.stringify(field)}, which reads as a number: ${asNumbers}`;
  const isComma = /\d,\d/.test(field);
  const advice = isComma
    ? "if the comma stands before its fraction, tell --decimal ,"
    : `if it stands for no value, tell --null-text '${field}'`;
  const ofJson = "write null for what is no value";
  return `; it has ${JSON.stringify(field)} beside numbers: ${sqlType === "JSON" ? ofJson : advice}`;
}

function checkFeatures(features: readonly string[], target: string, weights: string | null): void {
  const seen = new Set<string>();
  for (const feature of features) {
    if (feature === target) {
      throw new ManyfitError("invalid_option", `feature "${feature}" is the target too: it explains itself`);
    }
    if (feature === weights) {
      throw new ManyfitError("invalid_option", `feature "${feature}" is the weights too: leave one out`);
    }
    if (seen.has(feature)) throw new ManyfitError("invalid_option", `feature "${feature}" is given twice`);
    seen.add(feature);
  }
}
