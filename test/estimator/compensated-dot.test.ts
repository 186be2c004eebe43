import { describe, expect, test } from "vitest";
import { compensatedDot } from "../../src/estimator/compensated-dot.ts";

function dot(start: number, a: readonly number[], b: readonly number[]): number {
  return compensatedDot(start, { a: Float64Array.from(a), b: Float64Array.from(b), count: a.length });
}

describe("the compensated dot product", () => {
  test("keeps what cancels in a plain sum", () => {
    expect(dot(1, [1e16, 1, -1e16], [1, 1, 1])).toBe(2);
    expect(dot(0.5, [94_906_267, -94_906_266], [94_906_265, 94_906_266])).toBe(-0.5);
  });

  test("takes only as many entries as count", () => {
    expect(compensatedDot(0, { a: Float64Array.of(2, 9), b: Float64Array.of(3, 9), count: 1 })).toBe(6);
    expect(dot(7, [], [])).toBe(7);
  });

  test("is the plain sum where splitting overflows, and infinite where the sum is", () => {
    expect(dot(1e307, [1e305], [10])).toBe(1.1e307);
    expect(dot(0, [1e200], [1e200])).toBe(Number.POSITIVE_INFINITY);
  });
});
