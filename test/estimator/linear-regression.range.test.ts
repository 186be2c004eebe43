import { describe, expect, test } from "vitest";
import { linearRegressionEstimator } from "../../src/estimator/linear-regression.ts";
import { expectClose } from "./close-to.ts";
import { featureNames, fitLinear } from "./linear-fit.ts";
import { blocksFrom, type PartitionColumns } from "./partition-blocks.ts";
import { randomColumn } from "./random-column.ts";

const [a, b, target] = [randomColumn(1, 20), randomColumn(2, 20), randomColumn(3, 20)];

const times = (column: Float64Array, factor: number) => column.map((value) => factor * value);

function failureOf(columns: PartitionColumns) {
  const features = featureNames(columns.features.length);
  const fit = linearRegressionEstimator({ features, isWeighted: false, hasIntercept: true }).fit(
    blocksFrom(columns),
  );
  return "failure" in fit ? fit.failure : null;
}

describe("linear regression near the ends of the range of a double", () => {
  test.each([
    { feature: 1e-200, of: 1 },
    { feature: 1e200, of: 1 },
    { feature: 1e-120, of: 1e120 },
    { feature: 1e-159, of: 1 },
    { feature: 1, of: 1e-159 },
    { feature: 1e-290, of: 1e-290 },
    { feature: 1e290, of: 1e290 },
    { feature: 5e-310, of: 1e-300 },
    { feature: 1, of: 1e-170 },
    { feature: 1, of: 1e170 },
  ])("gives the scaled model for features times $feature and a target times $of", (scale) => {
    // Numbers below the smallest normal double have fewer digits to give.
    const precise = { relative: scale.feature < 1e-300 ? 1e-2 : 1e-12 };
    const plain = fitLinear({ features: [a, b], target });
    const features = [times(a, scale.feature), times(b, scale.feature)];
    const fit = fitLinear({ features, target: times(target, scale.of) });
    const ratio = scale.of / scale.feature;
    for (const [j, name] of ["x1", "x2"].entries()) {
      expectClose(name, fit.coefficients[j], plain.coefficients[j]! * ratio, precise);
      expectClose(
        `error of ${name}`,
        fit.terms[name]!.stdError,
        plain.terms[name]!.stdError! * ratio,
        precise,
      );
      expectClose(`p of ${name}`, fit.terms[name]!.pValue, plain.terms[name]!.pValue, precise);
    }
    expectClose("intercept", fit.intercept, plain.intercept! * scale.of, precise);
    expectClose("r2", fit.metrics["r2"], plain.metrics["r2"]!, precise);
    expectClose("sigma", fit.metrics["sigma"], plain.metrics["sigma"]! * scale.of, precise);
    expectClose("condition", fit.metrics["condition_number"], plain.metrics["condition_number"]!, precise);
  });

  test("has no sum of squares beyond the largest double, and zero below the smallest", () => {
    expect(fitLinear({ features: [a], target: times(target, 1e200) }).metrics).toMatchObject({
      rss: null,
      tss: null,
    });
    expect(fitLinear({ features: [a], target: times(target, 1e-200) }).metrics).toMatchObject({
      rss: 0,
      tss: 0,
    });
  });

  test("fails, and says what to do, where a coefficient leaves the range", () => {
    expect(failureOf({ features: [times(a, 1e-200)], target: times(target, 1e200) })).toEqual({
      code: "not_finite",
      message:
        "coefficient of x1 leaves the range of a double (about 1e308): " +
        "rescale the columns, for instance by a power of ten, so that values are below 1e150",
    });
  });

  test("fails where an intercept or a sum leaves the range", () => {
    const far = [1, 2, 3].map((value) => 1e300 * (1 + value * 1e-9));
    expect(failureOf({ features: [far], target: [1e300, 2e300, 3e300] })?.message).toMatch(
      /^intercept leaves/,
    );
    expect(failureOf({ features: [[1e308, 1e308, -1e308]], target: [1, 2, 4] })?.message).toMatch(
      /^sum of x1 leaves/,
    );
    expect(failureOf({ features: [[1, 2, 4]], target: [1e308, 1e308, 1] })?.message).toMatch(
      /^sum of the target/,
    );
  });
});
