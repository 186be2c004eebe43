import { describe, expect, test } from "vitest";
import { studentTwoSidedP } from "../../src/estimator/student-t.ts";
import { expectClose } from "./close-to.ts";
import { exactTwoSidedP } from "./exact-student-t.ts";

const PROMISED = { relative: 1e-12 };

const STATISTICS = [1e-9, 0.01, 0.5, 1, 1.7, 2.3, 2.999999, 3, 3.000001, 3.6, 5, 8.5, 13, 21, 40, 45];

describe("the two-sided p value of Student's t", () => {
  test.each([1, 2, 3, 4, 5, 6, 9, 16, 27, 39, 40, 41, 42, 60, 99, 250])(
    "is exact to 1e-12 for %i degrees of freedom",
    (df) => {
      for (const t of [...STATISTICS, 1e3, 1e6]) {
        const exact = exactTwoSidedP(t, df);
        if (exact > 1e-300) expectClose(`t ${t}`, studentTwoSidedP(t, df), exact, PROMISED);
      }
    },
  );

  test.each([
    { df: 1000, statistics: STATISTICS },
    { df: 9_999, statistics: [0.3, 2.9, 3.1, 12, 30] },
    { df: 100_000, statistics: [0.3, 2.9, 3.1, 12] },
    { df: 1_000_000, statistics: [3.5] },
  ])("is exact to 1e-12 for $df degrees of freedom", ({ df, statistics }) => {
    for (const t of statistics)
      expectClose(`t ${t}`, studentTwoSidedP(t, df), exactTwoSidedP(t, df), PROMISED);
  });

  test("has the closed forms of one and of two degrees of freedom, also in the far tail", () => {
    for (const t of [1e-3, 0.7, 4, 1e5, 1e99, 1e101, 1e200, 1e300]) {
      expectClose(`df 1, t ${t}`, studentTwoSidedP(t, 1), (2 / Math.PI) * Math.atan(1 / t), PROMISED);
    }
    for (const t of [1e-3, 0.7, 4, 1e5, 1e99, 1e101, 1e150]) {
      const root = t > 1e10 ? t : Math.sqrt(2 + t * t);
      expectClose(`df 2, t ${t}`, studentTwoSidedP(t, 2), 2 / (root + t) / root, PROMISED);
    }
  });

  test("reaches p values of 1e-200 and beyond, and 0 below the smallest double", () => {
    const p = studentTwoSidedP(1e4, 60);
    expect(p).toBeLessThan(1e-180);
    expectClose("t 1e4, df 60", p, exactTwoSidedP(1e4, 60), PROMISED);
    expectClose("t 31, df 5000", studentTwoSidedP(31, 5000), exactTwoSidedP(31, 5000), PROMISED);
    expect(studentTwoSidedP(1e6, 100)).toBe(0);
    expect(studentTwoSidedP(1e308, 3)).toBe(0);
  });

  test("is 1 at zero, the same for both signs, and falls as |t| grows", () => {
    for (const df of [1, 2, 7, 40, 41, 1000]) {
      expect(studentTwoSidedP(0, df)).toBe(1);
      let before = 1;
      for (let t = 0.05; t < 12; t += 0.05) {
        const p = studentTwoSidedP(t, df);
        expect(studentTwoSidedP(-t, df)).toBe(p);
        expect(p).toBeLessThan(before);
        before = p;
      }
    }
  });

  test("gives the critical values of the printed tables", () => {
    // Two-sided 5 %, from the t table of any textbook, three decimals.
    const table = { 1: 12.706, 2: 4.303, 5: 2.571, 10: 2.228, 30: 2.042, 120: 1.98 };
    for (const [df, t] of Object.entries(table)) {
      expect(studentTwoSidedP(t - 0.0006, Number(df))).toBeGreaterThan(0.05);
      expect(studentTwoSidedP(t + 0.0006, Number(df))).toBeLessThan(0.05);
    }
  });
});
