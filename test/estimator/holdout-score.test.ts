import { describe, expect, test } from "vitest";
import type { Estimator } from "../../src/estimator/estimator.ts";
import { HOLDOUT_METRICS, type HoldoutScore, scoreHoldout } from "../../src/estimator/holdout-score.ts";
import { HOLDOUT_TRUTH } from "../data/holdout/truth.ts";
import { expectClose } from "./close-to.ts";
import { blocksFrom } from "./partition-blocks.ts";

interface ScoredRows {
  readonly target: readonly number[];
  readonly predictions: readonly number[];
  readonly weights?: readonly number[] | null;
}

/** What is predicted stands among the features. */
const ECHO: Pick<Estimator, "predict"> = { predict: (_, { features }) => features[0]! };

function scoreOf({ target, predictions, weights = null }: ScoredRows): ReturnType<typeof scoreHoldout> {
  const blocks = blocksFrom({ features: [predictions], target, weights });
  return scoreHoldout({ estimator: ECHO, model: [] }, blocks);
}

function metricsOf(rows: ScoredRows): HoldoutScore["metrics"] {
  const score = scoreOf(rows);
  if ("failure" in score) throw new Error(score.failure.message);
  return score.metrics;
}

describe("the score of a holdout", () => {
  test("has its metrics in the order of their names", () => {
    expect(HOLDOUT_METRICS.map(({ name, better }) => [name, better])).toEqual([
      ["holdout_rmse", "lower"],
      ["holdout_mae", "lower"],
      ["holdout_r2", "higher"],
    ]);
    expect(metricsOf({ target: [1, 2, 6], predictions: [2, 2, 3] })).toEqual([
      Math.sqrt(10 / 3),
      4 / 3,
      1 - 10 / 14,
    ]);
  });

  test.each(HOLDOUT_TRUTH.vectors)("is that of scikit-learn for $name", ({ y, p, w, ...truth }) => {
    const metrics = metricsOf({ target: y, predictions: p, weights: w });
    for (const [i, name] of (["rmse", "mae", "r2"] as const).entries())
      expectClose(name, metrics[i], truth[name], { relative: 1e-12 });
  });

  test("is the same to rounding for the same rows in many blocks and with weights of one", () => {
    const target = Array.from({ length: 20_000 }, (_, i) => 1e6 + Math.sin(i) + i / 5000);
    const predictions = target.map((value, i) => value + Math.cos(3 * i));
    const [rmse, mae, r2] = metricsOf({ target, predictions });
    const squares = target.reduce((sum, value, i) => sum + (value - predictions[i]!) ** 2, 0);
    expectClose("rmse", rmse, Math.sqrt(squares / 20_000), { relative: 1e-12 });
    expect(metricsOf({ target, predictions, weights: target.map(() => 1) })).toEqual([rmse, mae, r2]);
    expect(r2).toBeLessThan(1);
  });

  test("has no r2 for a constant target or a single row, however it is weighted", () => {
    const constant = [0.1, 0.1, 0.1];
    expect(metricsOf({ target: constant, predictions: constant })).toEqual([0, 0, null]);
    expect(metricsOf({ target: constant, predictions: [0.1, 0.1, 1.1] })[2]).toBeNull();
    expect(metricsOf({ target: [5], predictions: [3] })).toEqual([2, 2, null]);
    const weights = [0.3, 0, 0];
    expect(metricsOf({ target: [0.1, 2, 3], predictions: [0.1, 7, 8], weights })).toEqual([0, 0, null]);
  });

  test("has no number where no row counts", () => {
    expect(metricsOf({ target: [], predictions: [] })).toEqual([null, null, null]);
    expect(metricsOf({ target: [1, 2], predictions: [1, 3], weights: [0, 0] })).toEqual([null, null, null]);
  });

  test("does not look at rows of weight zero, whatever they hold", () => {
    const score = metricsOf({
      target: [1, 1e308, 2],
      predictions: [1.5, Number.NaN, 2],
      weights: [1, 0, 1],
    });
    expect(score).toEqual(metricsOf({ target: [1, 2], predictions: [1.5, 2], weights: [1, 1] }));
  });

  test("keeps its digits where squares would leave the range of a double", () => {
    const target = [1, 2, 6];
    const predictions = [2, 2, 3];
    for (const scale of [2 ** 900, 2 ** -900]) {
      const scaled = (values: readonly number[]) => values.map((value) => value * scale);
      const [rmse, mae, r2] = metricsOf({ target: scaled(target), predictions: scaled(predictions) });
      expect([rmse! / scale, mae! / scale, r2]).toEqual(metricsOf({ target, predictions }));
    }
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    "has no number and a warning where a prediction is %d",
    (prediction) => {
      expect(scoreOf({ target: [1, 2, 3], predictions: [1, prediction, 3] })).toEqual({
        metrics: [null, null, null],
        warnings: [{ code: "holdout_not_finite", message: expect.stringContaining("leaves the range") }],
      });
    },
  );

  test("is a failure where a weight is negative, as the fit would be", () => {
    expect(scoreOf({ target: [1, 2], predictions: [1, 2], weights: [1, -0.5] })).toEqual({
      failure: {
        code: "invalid_weight",
        message: "weight of a held-out row is -0.5, allowed are zero and above",
      },
    });
  });
});
