import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { expectClose } from "./close-to.ts";
import { fitLinear, type NamedFit } from "./linear-fit.ts";
import { type ExactSolution, slowLeastSquares } from "./slow-least-squares.ts";

/** How a feature comes about: by chance, or from features before it. */
type Recipe = "random" | "duplicate" | "combination" | "near" | "constant";

interface Problem {
  readonly features: Float64Array[];
  readonly target: Float64Array;
  readonly weights: Float64Array | null;
  readonly hasIntercept: boolean;
}

const digit = fc.integer({ min: -1_000_000, max: 1_000_000 }).map((value) => value / 999_983);
const scale = fc.integer({ min: -6, max: 6 }).map((exponent) => Number(`1e${exponent}`));
const recipe = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Recipe>("random") },
  { weight: 1, arbitrary: fc.constantFrom<Recipe>("duplicate", "combination", "near", "constant") },
);

function columnFrom(kind: Recipe, before: readonly Float64Array[], noise: Float64Array): Float64Array {
  const [first, last] = [before[0], before.at(-1)];
  if (kind === "constant") return noise.map(() => noise[0]!);
  if (kind === "random" || first === undefined || last === undefined) return noise;
  if (kind === "duplicate") return last.slice();
  if (kind === "combination") return last.map((value, i) => 3 * value - first[i]!);
  const size = Math.max(...last.map(Math.abs));
  return last.map((value, i) => value + 1e-3 * size * noise[i]!);
}

const problems: fc.Arbitrary<Problem> = fc
  .record({ rowCount: fc.integer({ min: 1, max: 40 }), featureCount: fc.integer({ min: 0, max: 5 }) })
  .chain(({ rowCount, featureCount }) => {
    const column = fc.array(digit, { minLength: rowCount, maxLength: rowCount });
    const feature = fc.record({ recipe, column, scale, offset: fc.constantFrom(0, 0, 1, 1000) });
    const weight = fc.oneof(
      { weight: 1, arbitrary: fc.constant(0) },
      { weight: 4, arbitrary: fc.integer({ min: 1, max: 50 }) },
    );
    return fc.record({
      parts: fc.array(feature, { minLength: featureCount, maxLength: featureCount }),
      target: fc.record({ column, scale, offset: fc.constantFrom(0, 1, 1000) }),
      weights: fc.option(
        fc.array(
          weight.map((w) => w / 7),
          { minLength: rowCount, maxLength: rowCount },
        ),
      ),
      hasIntercept: featureCount === 0 ? fc.constant(true) : fc.boolean(),
    });
  })
  .map(({ parts, target, weights, hasIntercept }) => {
    const features: Float64Array[] = [];
    for (const { recipe: kind, column, scale: size, offset } of parts) {
      features.push(
        columnFrom(
          kind,
          features,
          Float64Array.from(column, (value) => size * (value + offset)),
        ),
      );
    }
    return {
      features,
      target: Float64Array.from(target.column, (value) => target.scale * (value + target.offset)),
      weights: weights === null ? null : Float64Array.from(weights),
      hasIntercept,
    };
  })
  .filter(({ weights }) => weights === null || weights.some((weight) => weight > 0));

/**
 * How far a coefficient, as a share of the target's length, may be off when every number is rounded to a double:
 * the first-order bound of least squares (Higham, "Accuracy and Stability", theorem 20.1), times `ROUNDINGS`.
 */
const ROUNDINGS = 64;

/** Asserts every number of a fit against 60 digits, to what rounding the doubles of the problem could change. */
function expectSolution(fit: NamedFit, truth: ExactSolution, problem: Problem): void {
  const unit = ROUNDINGS * Number.EPSILON;
  const condition = truth.centredCondition;
  const [target, residual] = [Math.sqrt(truth.tss), Math.sqrt(truth.rss)];
  const size = target + Math.hypot(...truth.coefficients.map((b, j) => (b ?? 0) * truth.lengths[j]!));
  const shift = unit * condition * (size + condition * residual);
  let interceptShift = unit * meanMagnitude(problem.target, problem.weights);
  for (const [j, coefficient] of truth.coefficients.entries()) {
    if (coefficient === null) {
      expect(fit.coefficients[j]).toBe(null);
      continue;
    }
    const absolute = shift / truth.lengths[j]!;
    expectClose(`coefficient ${j}`, fit.coefficients[j], coefficient, { relative: unit, absolute });
    const centre = meanMagnitude(problem.features[j]!, problem.weights);
    interceptShift += centre * (absolute + unit * Math.abs(coefficient));
  }
  expectClose("intercept", fit.intercept, truth.intercept, { relative: unit, absolute: interceptShift });
  const rss = unit * size * (residual + unit * size * condition);
  expectClose("rss", fit.metrics["rss"], truth.rss, { relative: unit, absolute: rss });
  expectClose("tss", fit.metrics["tss"], truth.tss, { relative: unit });
  expectClose("r2", fit.metrics["r2"], truth.r2, { relative: unit, absolute: rss / truth.tss });
  expect(fit.warnings.map(({ code }) => code).sort()).toEqual([
    ...(truth.r2 === null ? ["constant_target"] : []),
    ...(truth.coefficients.includes(null) ? ["rank_deficient"] : []),
  ]);
  // What a change of the sum of squares does to its root.
  const root = residual === 0 ? Math.sqrt(rss) : Math.min(Math.sqrt(rss), rss / residual);
  const ofSum = (count: number) => ({ relative: unit, absolute: root / Math.sqrt(count) });
  expectClose("rmse", fit.metrics["rmse"], truth.rmse, ofSum(truth.weightSum));
  if (truth.dfResid > 0) expectClose("sigma", fit.metrics["sigma"], truth.sigma, ofSum(truth.dfResid));
  else expect(fit.metrics["sigma"]).toBe(null);
  for (const [i, term] of Object.values(fit.terms).entries()) {
    const stdError = truth.stdErrors[i]!;
    // Of an exact fit, whose residual is rounding alone, only the residual can be asserted.
    const absolute = residual === 0 ? Number.POSITIVE_INFINITY : (root / residual) * (stdError ?? 0);
    expectClose(`error ${i}`, term.stdError, stdError, { relative: unit * condition, absolute });
  }
  const design = truth.conditionNumber;
  expectClose("condition number", fit.metrics["condition_number"], design, {
    relative: unit * (design ?? 0),
  });
  expect(fit.metrics["rank"]).toBe(truth.rank);
  expect(fit.metrics["df_resid"]).toBe(truth.dfResid);
}

function meanMagnitude(values: Float64Array, weights: Float64Array | null): number {
  const total = values.reduce((sum, _, i) => sum + (weights?.[i] ?? 1), 0);
  return values.reduce((sum, value, i) => sum + Math.abs(value) * (weights?.[i] ?? 1), 0) / total;
}

/** No feature is left and the target is constant: the residual is exactly 0. */
const EXACT_FIT: Problem = {
  features: [Float64Array.of(0, 0), Float64Array.of(0, 0)],
  target: Float64Array.of(1.000009000153003, 1.000009000153003),
  weights: null,
  hasIntercept: true,
};

describe("linear regression on problems by chance", () => {
  test("gives what 60 digits give, but for rounding, with R's aliased features", () => {
    const property = fc.property(problems, (problem) => {
      const fit = fitLinear(problem, { hasIntercept: problem.hasIntercept });
      expectSolution(fit, slowLeastSquares(problem), problem);
    });
    fc.assert(property, { numRuns: 300, examples: [[EXACT_FIT]] });
  });
});
