import { describe, expect, test } from "vitest";
import { rightDigits } from "./close-to.ts";
import { nistProblems } from "./nist-problems.ts";
import { slowLeastSquares } from "./slow-least-squares.ts";

describe("slow least squares", () => {
  test.each(nistProblems())(
    "gives the certified values of NIST $name to every digit",
    ({ columns, truth, names }) => {
      const solution = slowLeastSquares({ ...columns, hasIntercept: true });
      const found = [solution.intercept, ...solution.coefficients];
      for (const [i, name] of names.entries()) {
        expect(rightDigits(found[i], truth.coef[name]!), name).toBeGreaterThan(13.5);
        expect(rightDigits(solution.stdErrors[i], truth.se[name]!), `error of ${name}`).toBeGreaterThan(13.5);
      }
      expect(rightDigits(solution.sigma, truth.metrics["sigma"]!)).toBeGreaterThan(13.5);
      expect(rightDigits(solution.r2, truth.metrics["r2"]!)).toBeGreaterThan(13.5);
      expect(rightDigits(solution.rss, truth.metrics["rss"]!)).toBeGreaterThan(13.5);
      expect(solution.dfResid).toBe(truth.metrics["df_resid"]);
    },
  );

  test("solves a weighted problem as the one with every row repeated as often as its weight", () => {
    const x = [1, 2, 4, 7, 8];
    const y = [1, 3, 2, 6, 5];
    const weights = [1, 3, 2, 1, 2];
    const weighted = slowLeastSquares({ features: [x], target: y, weights, hasIntercept: true });
    const repeat = (values: number[]) =>
      values.flatMap((value, i) => new Array<number>(weights[i]!).fill(value));
    const repeated = slowLeastSquares({ features: [repeat(x)], target: repeat(y), hasIntercept: true });
    expect(weighted.coefficients).toEqual(repeated.coefficients);
    expect([weighted.intercept, weighted.rss, weighted.r2]).toEqual([
      repeated.intercept,
      repeated.rss,
      repeated.r2,
    ]);
  });

  test("leaves out a feature that is a combination of those before it, and not what comes after", () => {
    const [a, b, last] = [
      [1, 2, 3, 4, 6],
      [2, 1, 5, 3, 3],
      [1, 0, 0, 1, 1],
    ];
    const sum = a!.map((value, i) => value + b![i]! + 7);
    const solution = slowLeastSquares({
      features: [a!, b!, sum, last!],
      target: [1, 4, 2, 2, 5],
      hasIntercept: true,
    });
    expect(solution.coefficients.map((value) => value === null)).toEqual([false, false, true, false]);
    expect([solution.rank, solution.dfResid, solution.sigma]).toEqual([4, 1, expect.any(Number)]);
  });
});
