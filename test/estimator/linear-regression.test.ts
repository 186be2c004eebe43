import { describe, expect, test } from "vitest";
import type { Block } from "../../src/estimator/estimator.ts";
import { linearRegressionEstimator } from "../../src/estimator/linear-regression.ts";
import { expectClose } from "./close-to.ts";
import { featureNames, fitLinear } from "./linear-fit.ts";
import { blocksFrom, type PartitionColumns } from "./partition-blocks.ts";
import { randomColumn } from "./random-column.ts";
import { slowLeastSquares } from "./slow-least-squares.ts";

const NO_TERM = { estimate: null, stdError: null, statistic: null, pValue: null };

/** R's `cars`: speed in mph and stopping distance in feet, from the 1920s. */
const SPEED = [
  4, 4, 7, 7, 8, 9, 10, 10, 10, 11, 11, 12, 12, 12, 12, 13, 13, 13, 13, 14, 14, 14, 14, 15, 15, 15, 16, 16,
  17, 17, 17, 18, 18, 18, 18, 19, 19, 19, 20, 20, 20, 20, 20, 22, 23, 24, 24, 24, 24, 25,
];
const DISTANCE = [
  2, 10, 4, 22, 16, 10, 18, 26, 34, 17, 28, 14, 20, 24, 28, 26, 34, 34, 46, 26, 36, 60, 80, 20, 26, 54, 32,
  40, 32, 40, 50, 42, 56, 76, 84, 36, 46, 68, 32, 48, 52, 56, 64, 66, 54, 70, 92, 93, 120, 85,
];

function failureOf(columns: PartitionColumns, { hasIntercept = true } = {}) {
  const isWeighted = (columns.weights ?? null) !== null;
  const features = featureNames(columns.features.length);
  const fit = linearRegressionEstimator({ features, isWeighted, hasIntercept }).fit(blocksFrom(columns));
  return "failure" in fit ? fit.failure : null;
}

describe("the linear regression estimator", () => {
  test("says what its models look like", () => {
    const estimator = linearRegressionEstimator({
      features: ["a", "b"],
      isWeighted: false,
      hasIntercept: true,
    });
    expect(estimator.minRows).toBe(3);
    expect(estimator.resultSchema.model).toEqual([
      { name: "intercept", listLength: null },
      { name: "coefficients", listLength: 2 },
    ]);
    expect(estimator.resultSchema.terms).toEqual(["(intercept)", "a", "b"]);
    expect(estimator.resultSchema.metrics.map(({ name, better }) => `${name} ${better}`)).toEqual([
      "r2 higher",
      "adj_r2 higher",
      "sigma lower",
      "rmse lower",
      "rss lower",
      "tss null",
      "df_resid null",
      "rank null",
      "condition_number lower",
    ]);
  });

  test("has one term and one row less to ask for without intercept", () => {
    const estimator = linearRegressionEstimator({
      features: ["a", "b"],
      isWeighted: false,
      hasIntercept: false,
    });
    expect([estimator.minRows, estimator.resultSchema.terms]).toEqual([2, ["a", "b"]]);
    expect(fitLinear({ features: [[1, 2]], target: [2, 4] }, { hasIntercept: false })).toMatchObject({
      intercept: null,
      coefficients: [2],
    });
  });

  test("prints what R's summary(lm(dist ~ speed, cars)) prints", () => {
    const { terms, metrics } = fitLinear({ features: [SPEED], target: DISTANCE }, { names: ["speed"] });
    const intercept = terms["(intercept)"]!;
    const speed = terms["speed"]!;
    expect(intercept.estimate!.toFixed(4)).toBe("-17.5791");
    expect(intercept.stdError!.toFixed(4)).toBe("6.7584");
    expect(intercept.statistic!.toFixed(3)).toBe("-2.601");
    expect(intercept.pValue!.toFixed(4)).toBe("0.0123");
    expect(speed.estimate!.toFixed(4)).toBe("3.9324");
    expect(speed.stdError!.toFixed(4)).toBe("0.4155");
    expect(speed.statistic!.toFixed(3)).toBe("9.464");
    expect(speed.pValue!.toExponential(2)).toBe("1.49e-12");
    expect(metrics["sigma"]!.toFixed(2)).toBe("15.38");
    expect(metrics["r2"]!.toFixed(4)).toBe("0.6511");
    expect(metrics["adj_r2"]!.toFixed(4)).toBe("0.6438");
    expect(metrics["df_resid"]).toBe(48);
  });

  test("fits the mean when there are no features", () => {
    const { intercept, coefficients, metrics, terms } = fitLinear({ features: [], target: [1, 2, 6] });
    expect([intercept, coefficients]).toEqual([3, []]);
    expect(metrics).toMatchObject({
      r2: 0,
      adj_r2: 0,
      tss: 14,
      rss: 14,
      df_resid: 2,
      rank: 1,
      condition_number: 1,
    });
    expectClose("error of a mean", terms["(intercept)"]!.stdError, Math.sqrt(7 / 3), { relative: 1e-15 });
  });

  test("refuses to be made with nothing to fit", () => {
    const options = { features: [], isWeighted: false, hasIntercept: false };
    expect(() => linearRegressionEstimator(options)).toThrow("0 features and no intercept");
  });

  test("does not follow later changes of its options", () => {
    const features = ["a"];
    const estimator = linearRegressionEstimator({ features, isWeighted: false, hasIntercept: true });
    features[0] = "changed";
    features.push("more");
    expect(estimator.resultSchema.terms).toEqual(["(intercept)", "a"]);
    const fit = estimator.fit(blocksFrom({ features: [[5, 5]], target: [1, 2] }));
    expect(fit).toMatchObject({ warnings: [{ message: expect.stringContaining("before them: a") }] });
  });

  test("throws when blocks are not of the shape it was made for", () => {
    const [block] = blocksFrom({ features: [[1, 2, 3]], target: [1, 2, 4] });
    const plain = linearRegressionEstimator({ features: ["a"], isWeighted: false, hasIntercept: true });
    const weighted = linearRegressionEstimator({ features: ["a"], isWeighted: true, hasIntercept: true });
    const withoutFeatures: Block = { ...block!, features: [] };
    const withWeights: Block = { ...block!, weights: Float64Array.of(1, 1, 1) };
    expect(() => plain.fit([withoutFeatures])).toThrow("block has 0 features, expected 1");
    expect(() => plain.fit([withWeights])).toThrow("block has weights, expected none");
    expect(() => weighted.fit([block!])).toThrow("block has no weights, expected one per row");
    expect(() => plain.fit([{ ...block!, rowCount: 5000 }])).toThrow("5000 rows, at most 4096");
  });
});

describe("linear regression where a number has no value", () => {
  test("fits a constant target, without r2", () => {
    const fit = fitLinear({ features: [[1, 2, 3, 5]], target: [0.1, 0.1, 0.1, 0.1] });
    expect([fit.intercept, fit.coefficients]).toEqual([0.1, [0]]);
    expect(fit.metrics).toMatchObject({
      r2: null,
      adj_r2: null,
      sigma: 0,
      rmse: 0,
      rss: 0,
      tss: 0,
      df_resid: 2,
    });
    expect(fit.terms["x1"]).toEqual({ estimate: 0, stdError: 0, statistic: null, pValue: null });
    expect(fit.warnings).toEqual([
      { code: "constant_target", message: "target is the same in all 4 rows: r2 and adj_r2 have no value" },
    ]);
  });

  test("calls a target constant that differs by rounding only", () => {
    const fit = fitLinear({ features: [[1, 2, 4]], target: [0.1 + 0.2, 0.3, 0.3] });
    expect([fit.coefficients, fit.warnings[0]!.code]).toEqual([[0], "constant_target"]);
  });

  test("without intercept asks whether the target is zero", () => {
    const fit = fitLinear({ features: [[1, 2, 4]], target: [0, 0, 0] }, { hasIntercept: false });
    expect(fit.warnings).toEqual([
      { code: "constant_target", message: "target is zero in all 3 rows: r2 and adj_r2 have no value" },
    ]);
    const constant = fitLinear({ features: [[1, 2, 4]], target: [2, 2, 2] }, { hasIntercept: false });
    expect(constant.warnings).toEqual([]);
    expectClose("r2", constant.metrics["r2"], 1 - (12 - (14 * 14) / 21) / 12, { relative: 1e-14 });
  });

  test("has no errors and no sigma without degrees of freedom", () => {
    const fit = fitLinear({ features: [[1, 3]], target: [2, 8] });
    expect([fit.intercept, fit.coefficients]).toEqual([-1, [3]]);
    expect(fit.metrics).toMatchObject({ r2: 1, adj_r2: null, sigma: null, df_resid: 0, rank: 2 });
    expect(fit.terms["x1"]).toEqual({ estimate: 3, stdError: null, statistic: null, pValue: null });
  });

  test("reports a perfect fit as it is, never dividing by a standard error of zero", () => {
    const errors: number[] = [];
    for (let slope = 1; slope <= 40; slope++) {
      const x = Array.from({ length: 5 + (slope % 7) }, (_, i) => i * i - slope);
      const { metrics, terms } = fitLinear({ features: [x], target: x.map((value) => slope * value + 3) });
      const { estimate, stdError, statistic, pValue } = terms["x1"]!;
      expect(estimate).toBeCloseTo(slope, 12);
      expect(metrics["r2"]).toBe(1);
      expect(metrics["sigma"]).toBeLessThan(1e-11);
      expect([statistic === null, pValue === null]).toEqual([stdError === 0, stdError === 0]);
      errors.push(stdError!);
    }
    expect(errors).toContain(0);
    expect(errors.some((error) => error > 0)).toBe(true);
  });

  test("fits fewer rows than coefficients as rank-deficient, one row as its mean", () => {
    const two = fitLinear({
      features: [
        [1, 2],
        [5, 5],
        [3, 7],
      ],
      target: [1, 3],
    });
    expect(two.coefficients).toEqual([expect.closeTo(2, 14), null, null]);
    expect([two.metrics["rank"], two.metrics["df_resid"]]).toEqual([2, 0]);
    const one = fitLinear({ features: [[1], [2]], target: [7] });
    expect([one.intercept, one.coefficients]).toEqual([7, [null, null]]);
    expect(one.warnings.map(({ code }) => code)).toEqual(["rank_deficient", "constant_target"]);
  });

  test("fails on no rows at all", () => {
    expect(failureOf({ features: [[]], target: [] })).toEqual({
      code: "no_rows",
      message: "partition has 0 rows, a fit needs at least 1",
    });
    const empty = { rowCount: 0, features: [], target: new Float64Array(0), weights: null };
    const mean = linearRegressionEstimator({ features: [], isWeighted: false, hasIntercept: true });
    expect(mean.fit([empty])).toMatchObject({ failure: { code: "no_rows" } });
  });

  test("never answers with a negative zero, which JSON would lose", () => {
    const fit = fitLinear({ features: [[1, -1, 1, -1]], target: [-1, -1, 1, 1] });
    expect(Object.is(fit.coefficients[0], 0)).toBe(true);
    expect(Object.is(fit.intercept, 0)).toBe(true);
  });
});

describe("linear regression with aliased features", () => {
  const [a, b, target] = [randomColumn(1, 25), randomColumn(2, 25), randomColumn(3, 25)];

  test("keeps the first of equal features, and fits as without the others", () => {
    const fit = fitLinear({
      features: [a, a.slice(), b, a.map((value, i) => 2 * value - b[i]! + 7)],
      target,
    });
    const kept = fitLinear({ features: [a, b], target });
    expect(fit.coefficients.map((value) => value === null)).toEqual([false, true, false, true]);
    expectClose("a", fit.coefficients[0], kept.coefficients[0]!, { relative: 1e-13 });
    expectClose("b", fit.coefficients[2], kept.coefficients[1]!, { relative: 1e-13 });
    expectClose("sigma", fit.metrics["sigma"], kept.metrics["sigma"]!, { relative: 1e-14 });
    expect([fit.metrics["rank"], fit.metrics["df_resid"]]).toEqual([3, 22]);
    expect([fit.terms["x2"], fit.terms["x4"]]).toEqual([NO_TERM, NO_TERM]);
    expect(fit.warnings[0]!.message).toBe(
      "2 of 4 features have no coefficient, being linear combinations of the terms before them: x2, x4",
    );
  });

  test("aliases a feature that is constant but for rounding, only beside an intercept", () => {
    const constant = a.map((_, i) => (i % 3 === 0 ? 0.1 + 0.2 : 0.3));
    expect(fitLinear({ features: [constant, a], target }).coefficients[0]).toBe(null);
    expect(fitLinear({ features: [constant, a], target }, { hasIntercept: false }).coefficients[0]).not.toBe(
      null,
    );
    expect(
      fitLinear({ features: [a.map(() => 0), a], target }, { hasIntercept: false }).coefficients[0],
    ).toBe(null);
  });

  test("keeps a feature far from zero that R's tolerance would drop, with its digits", () => {
    const far = a.map((value) => 1e9 + Math.round(1000 * value) / 1000);
    const truth = slowLeastSquares({ features: [far], target, hasIntercept: true });
    const fit = fitLinear({ features: [far], target });
    expectClose("coefficient", fit.coefficients[0], truth.coefficients[0]!, { relative: 1e-13 });
    expectClose("error", fit.terms["x1"]!.stdError, truth.stdErrors[1]!, { relative: 1e-13 });
    expectClose("intercept", fit.intercept, truth.intercept, { relative: 1e-13 });
  });

  test("draws the line at 1e-7 of what is left of a feature about its mean", () => {
    const nearly = (share: number) => a.map((value, i) => value + share * b[i]!);
    const keeps = (share: number) =>
      fitLinear({ features: [a, nearly(share)], target }).coefficients[1] !== null;
    expect([keeps(1e-6), keeps(3e-7), keeps(3e-8), keeps(1e-9)]).toEqual([true, true, false, false]);
  });

  test("names at most twelve of many aliased features", () => {
    const { warnings } = fitLinear({ features: Array.from({ length: 14 }, () => a), target });
    expect(warnings[0]!.message).toMatch(/^13 of 14 .*: x2, x3, .*, x13, … \(13 in all\)$/);
  });
});

describe("linear regression of a target that is nearly a combination of near features", () => {
  const [a, b, c, noise] = [1, 2, 3, 4].map((seed) => randomColumn(seed, 30)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];

  test.each([
    { path: "Cholesky", nearness: 0.1 },
    { path: "QR", nearness: 1e-3 },
  ])("keeps coefficients and sigma down to residuals of 1e-13 by $path", ({ nearness }) => {
    const features = [a, ...[b, c].map((column) => a.map((value, i) => value + nearness * column[i]!))];
    const target = a.map(
      (value, i) => 3 * value - 2 * features[1]![i]! + features[2]![i]! + 1e-13 * noise[i]!,
    );
    const truth = slowLeastSquares({ features, target, hasIntercept: true });
    const fit = fitLinear({ features, target });
    const relative = nearness === 0.1 ? 5e-15 : 1e-12;
    for (const j of [0, 1, 2])
      expectClose(`x${j}`, fit.coefficients[j], truth.coefficients[j]!, { relative });
    expectClose("sigma", fit.metrics["sigma"], truth.sigma, { relative: 2e-3 });
  });
});
