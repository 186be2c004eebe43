import { describe, expect, test } from "vitest";
import { linearRegressionEstimator } from "../../src/estimator/linear-regression.ts";
import { expectClose } from "./close-to.ts";
import { featureNames, fitLinear } from "./linear-fit.ts";
import { blocksFrom, type PartitionColumns } from "./partition-blocks.ts";
import { randomColumn } from "./random-column.ts";
import { slowLeastSquares } from "./slow-least-squares.ts";

const [a, b, target] = [randomColumn(1, 30), randomColumn(2, 30), randomColumn(3, 30)];
const weights = randomColumn(4, 30).map((value, i) => (i % 4 === 1 ? 0 : 1 + Math.abs(value)));

function failureOf(columns: PartitionColumns) {
  const features = featureNames(columns.features.length);
  const fit = linearRegressionEstimator({ features, isWeighted: true, hasIntercept: true }).fit(
    blocksFrom(columns),
  );
  return "failure" in fit ? fit.failure : null;
}

describe("weighted linear regression", () => {
  test.each([true, false])(
    "gives what 60 digits give on rows times the roots of their weights, intercept %s",
    (hasIntercept) => {
      const columns = { features: [a, b], target, weights };
      const fit = fitLinear(columns, { hasIntercept });
      const truth = slowLeastSquares({ ...columns, hasIntercept });
      const precise = { relative: 1e-13 };
      expectClose("intercept", fit.intercept, truth.intercept, precise);
      for (const j of [0, 1]) expectClose(`x${j + 1}`, fit.coefficients[j], truth.coefficients[j]!, precise);
      for (const [i, term] of Object.values(fit.terms).entries()) {
        expectClose(`error ${i}`, term.stdError, truth.stdErrors[i]!, precise);
      }
      for (const name of ["r2", "sigma", "rmse", "rss", "tss"] as const) {
        expectClose(name, fit.metrics[name], truth[name], precise);
      }
      expectClose("adj_r2", fit.metrics["adj_r2"], truth.adjR2, precise);
      expect(fit.metrics["df_resid"]).toBe(truth.dfResid);
      expect(truth.dfResid).toBe(weights.filter((weight) => weight > 0).length - (hasIntercept ? 3 : 2));
    },
  );

  test("leaves rows of weight zero out to the bit, whatever stands in them", () => {
    const wild = (column: Float64Array) => column.map((value, i) => (weights[i] === 0 ? 1e300 : value));
    const used = (column: Float64Array) => column.filter((_, i) => weights[i]! > 0);
    const withZeros = fitLinear({ features: [wild(a), wild(b)], target: wild(target), weights });
    const without = fitLinear({ features: [used(a), used(b)], target: used(target), weights: used(weights) });
    expect(withZeros).toEqual(without);
  });

  test("depends on the ratios of weights only", () => {
    const one = fitLinear({ features: [a, b], target, weights });
    const eight = fitLinear({ features: [a, b], target, weights: weights.map((weight) => 4 * weight) });
    expect(eight.coefficients).toEqual(one.coefficients);
    expect(eight.intercept).toBe(one.intercept);
    expect(eight.metrics["r2"]).toBe(one.metrics["r2"]);
    expect(eight.metrics["rmse"]).toBe(one.metrics["rmse"]);
    expect(eight.metrics["sigma"]).toBe(2 * one.metrics["sigma"]!);
    expect(eight.terms["x1"]!.stdError).toBe(one.terms["x1"]!.stdError);
  });

  test("is the unweighted one where all weights are 1", () => {
    expect(fitLinear({ features: [a, b], target, weights: a.map(() => 1) })).toEqual(
      fitLinear({ features: [a, b], target }),
    );
  });

  test("fails on a negative weight, on no weight at all and on weights beyond reason", () => {
    const columns = { features: [[1, 2, 3]], target: [1, 2, 4] };
    expect(failureOf({ ...columns, weights: [1, -2, 1] })).toEqual({
      code: "invalid_weight",
      message: "weight is -2, allowed are zero and above",
    });
    expect(failureOf({ ...columns, weights: [0, 0, 0] })).toEqual({
      code: "invalid_weight",
      message: "weights are all zero, at least one must be above zero",
    });
    expect(failureOf({ ...columns, weights: [1e-250, 0, 1e-250] })?.message).toContain(
      "weights add up to 2e-250",
    );
    expect(failureOf({ ...columns, weights: [1e308, 1e308, 1] })?.message).toContain(
      "weights add up to Infinity",
    );
    expect(failureOf({ features: [[]], target: [], weights: [] })?.code).toBe("no_rows");
  });

  test("finds a negative weight in a later block", () => {
    const long = randomColumn(7, 5000);
    const late = long.map((_, i) => (i === 4999 ? -1 : 1));
    expect(failureOf({ features: [long], target: long, weights: late })?.code).toBe("invalid_weight");
  });
});
