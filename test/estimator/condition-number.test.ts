import { describe, expect, test } from "vitest";
import { conditionNumber } from "../../src/estimator/condition-number.ts";
import { expectClose } from "./close-to.ts";
import { fitLinear } from "./linear-fit.ts";
import { randomColumn } from "./random-column.ts";
import { slowLeastSquares } from "./slow-least-squares.ts";

function conditionOf(rows: readonly (readonly number[])[]): number | null {
  return conditionNumber(Float64Array.from(rows.flat()), rows.length);
}

function hilbert(size: number): number[][] {
  return Array.from({ length: size }, (_, i) => Array.from({ length: size }, (__, j) => 1 / (i + j + 1)));
}

describe("the condition number of a square matrix", () => {
  test("is the ratio of the longest and the shortest axis", () => {
    expect(conditionOf([[1]])).toBe(1);
    expect(conditionOf([[-3]])).toBe(1);
    expect(
      conditionOf([
        [2, 0, 0],
        [0, -10, 0],
        [0, 0, 4],
      ]),
    ).toBe(5);
    expectClose(
      "(3, 4; 0, 5)",
      conditionOf([
        [3, 4],
        [0, 5],
      ]),
      3,
      { relative: 1e-15 },
    );
  });

  test("is that of Hilbert's matrices in the literature", () => {
    // Todd 1954, "The condition of the finite segments of the Hilbert matrix"; more digits by any algebra system.
    expectClose("of order 3", conditionOf(hilbert(3)), 524.0567775860644, { relative: 1e-12 });
    expectClose("of order 4", conditionOf(hilbert(4)), 15513.738738928929, { relative: 1e-11 });
    expectClose("of order 6", conditionOf(hilbert(6)), 14951058.6425, { relative: 1e-9 });
  });

  test("keeps its digits when rows are scaled badly", () => {
    expectClose(
      "rows",
      conditionOf([
        [1, 1],
        [1e-100, -1e-100],
      ]),
      1e100,
      { relative: 1e-14 },
    );
    expectClose(
      "three rows",
      conditionOf([
        [1, 1, 0],
        [1e-9, -1e-9, 0],
        [0, 0, 1e-30],
      ]),
      Math.SQRT2 * 1e30,
      {
        relative: 1e-14,
      },
    );
  });

  test("has no value for a singular matrix, an empty one and one that is not finite", () => {
    expect(
      conditionOf([
        [1, 2],
        [0, 0],
      ]),
    ).toBe(null);
    expect(conditionOf([])).toBe(null);
    expect(
      conditionOf([
        [1, Number.NaN],
        [0, 1],
      ]),
    ).toBe(null);
    expect(
      conditionOf([
        [Number.POSITIVE_INFINITY, 0],
        [0, 1],
      ]),
    ).toBe(null);
  });
});

describe("the condition number of a design", () => {
  test("is 1 for columns at right angles, whatever their scale", () => {
    const features = [
      [1, 1, -1, -1],
      [1e6, -1e6, 1e6, -1e6],
    ];
    const fit = fitLinear({ features, target: [1, 2, 3, 5] });
    expectClose("condition", fit.metrics["condition_number"], 1, { relative: 1e-15 });
  });

  test("is that of 60 digits up to 1e13: no cross product is in the way", () => {
    const noise = randomColumn(5, 12);
    for (const size of [1, 1e-3, 1e-6, 1e-9, 1e-12]) {
      const columns = { features: [noise.map((value) => 1 + size * value)], target: randomColumn(6, 12) };
      const truth = slowLeastSquares({ ...columns, hasIntercept: true }).conditionNumber!;
      expect(truth * size).toBeGreaterThan(0.5);
      expectClose(`spread ${size}`, fitLinear(columns).metrics["condition_number"], truth, {
        relative: 1e-12,
      });
    }
  });

  test("leaves aliased features out, and is that of weighted rows", () => {
    const [a, b] = [randomColumn(1, 30), randomColumn(2, 30)];
    const weights = randomColumn(3, 30).map((value) => Math.round(4 * Math.abs(value)));
    const columns = { features: [a, a.slice(), b], target: randomColumn(4, 30), weights };
    const truth = slowLeastSquares({ ...columns, hasIntercept: true }).conditionNumber;
    expectClose("condition", fitLinear(columns).metrics["condition_number"], truth, { relative: 1e-13 });
  });
});
