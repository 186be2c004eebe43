import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { histogramOf, spreadOf } from "../../src/plan/sizes.ts";

const sizes = fc.array(fc.oneof(fc.nat(100), fc.nat(2 ** 31 - 1), fc.maxSafeNat()), { minLength: 1 });

describe("a histogram of sizes", () => {
  test("has bins between powers of two, from the smallest size to the largest", () => {
    expect(histogramOf(Float64Array.of(1, 2, 3, 16, 17))).toEqual([
      { from: 1, to: 2, partitions: 1 },
      { from: 2, to: 4, partitions: 2 },
      { from: 4, to: 8, partitions: 0 },
      { from: 8, to: 16, partitions: 0 },
      { from: 16, to: 32, partitions: 2 },
    ]);
    expect(histogramOf(Float64Array.of(0, 0, 5))).toEqual([
      { from: 0, to: 1, partitions: 2 },
      { from: 1, to: 2, partitions: 0 },
      { from: 2, to: 4, partitions: 0 },
      { from: 4, to: 8, partitions: 1 },
    ]);
  });

  test("has every size in exactly one bin, and at most thirteen of them", () => {
    fc.assert(
      fc.property(sizes, (all) => {
        const bins = histogramOf(Float64Array.from(all));
        expect(bins.length).toBeLessThanOrEqual(13);
        for (const [i, { from, to, partitions }] of bins.entries()) {
          expect(partitions).toBe(all.filter((size) => size >= from && size < to).length);
          expect(from).toBe(i === 0 ? from : bins[i - 1]!.to);
        }
        expect(bins.reduce((sum, bin) => sum + bin.partitions, 0)).toBe(all.length);
        expect(bins[0]!.partitions).toBeGreaterThan(0);
        expect(bins.at(-1)!.partitions).toBeGreaterThan(0);
      }),
    );
  });
});

test("a spread has the least, the middle, what 95 of 100 do not exceed, and the most", () => {
  const hundred = Float64Array.from({ length: 100 }, (_, i) => 100 - i);
  expect(spreadOf(hundred)).toEqual({ min: 1, median: 50.5, p95: 95, max: 100 });
});
