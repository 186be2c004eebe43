import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { planBuckets } from "../../src/engine/local/bucket-plan.ts";

describe("planBuckets", () => {
  test("cuts every partition into exactly one bucket, within the limits", () => {
    const counts = fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 300 });
    const limits = fc.record({
      rows: fc.integer({ min: 1, max: 800 }),
      partitions: fc.integer({ min: 1, max: 40 }),
    });
    fc.assert(
      fc.property(counts, limits, (rows, limit) => {
        const plan = planBuckets(Float64Array.from(rows), limit);
        expect(plan.first[0]).toBe(0);
        expect(plan.first.at(-1)).toBe(rows.length);
        for (let b = 0; b < plan.rowCounts.length; b++) {
          const [from, to] = [plan.first[b]!, plan.first[b + 1]!];
          expect(to).toBeGreaterThan(from);
          expect(to - from).toBeLessThanOrEqual(limit.partitions);
          const sum = rows.slice(from, to).reduce((a, n) => a + n, 0);
          expect(plan.rowCounts[b]).toBe(sum);
          if (to - from > 1) expect(sum).toBeLessThanOrEqual(limit.rows);
          expect([...plan.bucketOf.subarray(from, to)]).toEqual(new Array(to - from).fill(b));
        }
      }),
    );
  });

  test("cuts texts of many bytes into buckets of their own, and takes no more than their ends can say", () => {
    const rows = Float64Array.from([1, 1, 1, 1]);
    const limits = { rows: 100, partitions: 100 };
    const bytes = (...each: number[]): Float64Array => Float64Array.from(each);
    const half = 2 ** 25;
    expect([...planBuckets(rows, limits, [bytes(half, half, half, 1), null]).first]).toEqual([0, 2, 4]);
    expect([...planBuckets(rows, limits, [bytes(half, 1, 1, 1), bytes(half, 1, 1, 1)]).first]).toEqual([
      0, 1, 4,
    ]);
    expect([...planBuckets(rows, limits, [bytes(1, 2 ** 32 - 1, 1, 1)]).first]).toEqual([0, 1, 2, 4]);
    expect(() => planBuckets(rows, limits, [null, bytes(1, 1, 2 ** 32, 1)])).toThrow(
      /^partition 2: has texts of 4294967296 bytes in one column, at most 4294967295 are allowed/,
    );
  });

  test("leaves a partition that is larger than the limit alone in its bucket", () => {
    const plan = planBuckets(Float64Array.from([3, 1000, 3]), { rows: 10, partitions: 10 });
    expect([...plan.rowCounts]).toEqual([3, 1000, 3]);
  });
});
