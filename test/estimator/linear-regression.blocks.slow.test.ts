import { describe, expect, test } from "vitest";
import { BLOCK_ROWS, type Block, type Blocks } from "../../src/estimator/estimator.ts";
import { linearRegressionEstimator } from "../../src/estimator/linear-regression.ts";
import { expectClose } from "./close-to.ts";
import { featureNames, fitLinear } from "./linear-fit.ts";
import { blocksFrom, type PartitionColumns } from "./partition-blocks.ts";
import { randomColumn } from "./random-column.ts";
import { slowLeastSquares } from "./slow-least-squares.ts";

const ROW_COUNT = 10_000;

interface Drift {
  /** How much x3 differs from x1 + x2. */
  readonly nearness: number;
  readonly isWeighted?: boolean;
  /** Without an intercept features cannot stand far from zero and be told apart. */
  readonly hasIntercept?: boolean;
}

/** Three blocks whose features drift, far from zero where there is an intercept. */
function drifting({ nearness, isWeighted = false, hasIntercept = true }: Drift): PartitionColumns {
  const [x1, noise, near, error] = [1, 2, 3, 4].map((seed) => randomColumn(seed, ROW_COUNT));
  const x2 = noise!.map((value, i) => (hasIntercept ? 1e6 : 1) + i / 1000 + value);
  const x3 = x1!.map((value, i) => value + x2[i]! + nearness * near![i]!);
  const target = x1!.map((value, i) => 3 - 2 * value + 0.5 * x2[i]! - x3[i]! + error![i]!);
  // Whole blocks and single rows have no weight.
  const weights = x1!.map((_, i) => (i < BLOCK_ROWS || i % 7 === 0 ? 0 : 1 + (i % 5)));
  return { features: [x1!, x2, x3], target, weights: isWeighted ? weights : null };
}

/** Blocks that exist only while they are walked over, as those of a partition larger than memory. */
function passing(blocks: readonly Block[]): Blocks {
  return {
    *[Symbol.iterator]() {
      for (const block of blocks) {
        yield {
          rowCount: block.rowCount,
          features: block.features.map((column) => column.slice()),
          target: block.target.slice(),
          weights: block.weights?.slice() ?? null,
        };
      }
    },
  };
}

const variants = [
  { path: "Cholesky", nearness: 10, isWeighted: false, hasIntercept: true },
  { path: "Cholesky", nearness: 10, isWeighted: true, hasIntercept: true },
  { path: "QR", nearness: 1e-3, isWeighted: false, hasIntercept: true },
  { path: "QR", nearness: 1e-3, isWeighted: true, hasIntercept: true },
  { path: "Cholesky", nearness: 10, isWeighted: false, hasIntercept: false },
];

describe("linear regression on partitions of several blocks", () => {
  test.each(variants)("gives what 60 digits give: %o", (variant) => {
    const { hasIntercept } = variant;
    const columns = drifting(variant);
    const fit = fitLinear(columns, { hasIntercept });
    const truth = slowLeastSquares({ ...columns, hasIntercept });
    expect(fit.metrics["rank"]).toBe(hasIntercept ? 4 : 3);
    const relative = 1e-13 * truth.centredCondition;
    for (const [j, value] of truth.coefficients.entries()) {
      expectClose(`x${j + 1}`, fit.coefficients[j], value, { relative });
    }
    expectClose("intercept", fit.intercept, truth.intercept, { relative });
    for (const [i, term] of Object.values(fit.terms).entries()) {
      expectClose(`error ${i}`, term.stdError, truth.stdErrors[i]!, { relative });
    }
    for (const name of ["r2", "sigma", "rmse", "rss", "tss"] as const) {
      expectClose(name, fit.metrics[name], truth[name], { relative: 1e-12 });
    }
    expectClose("adj_r2", fit.metrics["adj_r2"], truth.adjR2, { relative: 1e-12 });
    const condition = truth.conditionNumber!;
    expectClose("condition", fit.metrics["condition_number"], condition, { relative: 1e-15 * condition });
    expect(fit.metrics["df_resid"]).toBe(truth.dfResid);
  });

  test.each(variants)("gives the same bits again, and from blocks that pass by: %o", (variant) => {
    const { isWeighted, hasIntercept } = variant;
    const blocks = blocksFrom(drifting(variant));
    expect(blocks.length).toBe(3);
    const estimator = linearRegressionEstimator({ features: featureNames(3), isWeighted, hasIntercept });
    const fit = estimator.fit(blocks);
    expect(fit).toHaveProperty("model");
    expect(estimator.fit(blocks)).toEqual(fit);
    expect(estimator.fit(passing(blocks))).toEqual(fit);
  });

  test("aliases a combination whose blocks each hold a part of the proof", () => {
    const { features, target } = drifting({ nearness: 0 });
    const fit = fitLinear({ features, target });
    expect(fit.coefficients.map((value) => value === null)).toEqual([false, false, true]);
    const kept = fitLinear({ features: features.slice(0, 2), target });
    expectClose("x1", fit.coefficients[0], kept.coefficients[0]!, { relative: 1e-12 });
    expectClose("x2", fit.coefficients[1], kept.coefficients[1]!, { relative: 1e-12 });
  });

  test("keeps a feature that is constant in all blocks but the last", () => {
    const [noise, error] = [1, 2].map((seed) => randomColumn(seed, ROW_COUNT));
    const step = noise!.map((_, i) => (i < 2 * BLOCK_ROWS ? 7 : 8));
    const target = step.map((value, i) => 4 * value + error![i]!);
    const columns = { features: [step, noise!], target };
    const truth = slowLeastSquares({ ...columns, hasIntercept: true });
    const fit = fitLinear(columns);
    expectClose("step", fit.coefficients[0], truth.coefficients[0]!, { relative: 1e-13 });
    expectClose("noise", fit.coefficients[1], truth.coefficients[1]!, { relative: 1e-12 });
  });
});
