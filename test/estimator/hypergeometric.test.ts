import { describe, test } from "vitest";
import { hypergeometricFraction, hypergeometricSeries } from "../../src/estimator/hypergeometric.ts";
import { expectClose } from "./close-to.ts";

const EXACT = { relative: 1e-14 };

describe("the hypergeometric function F(a, 1; c; y)", () => {
  test("is the arcus sine as a series", () => {
    for (const y of [0, 1e-9, 0.1, 0.3, 0.5]) {
      const truth = y === 0 ? 1 : Math.asin(Math.sqrt(y)) / Math.sqrt(y * (1 - y));
      expectClose(`y ${y}`, hypergeometricSeries(1, 1.5, y), truth, EXACT);
    }
  });

  test("is a power as a series where a is c", () => {
    for (const y of [1e-6, 0.2, 0.5])
      expectClose(`y ${y}`, hypergeometricSeries(7, 7, y), 1 / (1 - y), EXACT);
  });

  test("is the arcus tangent as a continued fraction", () => {
    for (const z of [0, 1e-200, 1e-9, 0.5, 1, 3, 20]) {
      const root = Math.sqrt(z);
      expectClose(`z ${z}`, hypergeometricFraction(0.5, 1.5, z), z === 0 ? 1 : Math.atan(root) / root, EXACT);
    }
  });

  test("is the logarithm as a continued fraction", () => {
    for (const z of [1e-12, 0.5, 1, 3, 20]) {
      expectClose(`z ${z}`, hypergeometricFraction(1, 2, z), Math.log1p(z) / z, EXACT);
    }
  });
});
