import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { planSparkBuckets, type SparkPartitions } from "../../../src/engine/spark/spark-buckets.ts";
import type { ReadColumn } from "../../../src/table/read-column.ts";

const NUMBER: ReadColumn = { name: "x", type: "double", hasValidity: false, isInteger: false };
const TEXT: ReadColumn = { ...NUMBER, name: "t", type: "text" };
const MOST_BYTES = 2 ** 25;

/** Room for partitions of any size. */
const ROOMY = { partitionBytes: Number.POSITIVE_INFINITY };

function partitions(rows: readonly number[], texts: readonly number[] | null = null): SparkPartitions {
  return {
    rows: Float64Array.from(rows),
    textBytes: texts === null ? [null] : [null, Float64Array.from(texts)],
    columns: texts === null ? [NUMBER] : [NUMBER, TEXT],
  };
}

/** Of a partition, as a bucket holds it: position, partition, a number, and where a text ends. */
function bytesOf(rows: number, text: number): number {
  return rows * (8 + 4 + 8 + 4) + text;
}

describe("buckets of Spark's tasks", () => {
  test("are ranges that cover every partition once, none too large, none empty, about as many as are wished", () => {
    const partition = fc.record({
      rows: fc.oneof(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 3_000_000 })),
      text: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 2 ** 26 })),
    });
    const cores = fc.integer({ min: 1, max: 32 });
    const tasks = fc.option(fc.integer({ min: 1, max: 300 }));
    fc.assert(
      fc.property(
        fc.array(partition, { minLength: 1, maxLength: 200 }),
        cores,
        tasks,
        (all, cores, tasks) => {
          const found = partitions(
            all.map(({ rows }) => rows),
            all.map(({ text }) => text),
          );
          const { first, rowCounts, taskOf } = planSparkBuckets(found, { ...ROOMY, cores, tasks });
          expect(first[0]).toBe(0);
          expect(first.at(-1)).toBe(all.length);
          expect(rowCounts).toHaveLength(first.length - 1);
          const bytes = all.map(({ rows, text }) => bytesOf(rows, text));
          const total = bytes.reduce((a, b) => a + b, 0);
          const wanted = Math.max(tasks ?? 4 * cores, Math.ceil(total / MOST_BYTES));
          const largest = Math.max(...bytes);
          for (const [task, rows] of rowCounts.entries()) {
            const [from, to] = [first[task]!, first[task + 1]!];
            expect(to).toBeGreaterThan(from);
            expect([...taskOf.subarray(from, to)].every((other) => other === task)).toBe(true);
            expect(rows).toBe(all.slice(from, to).reduce((sum, { rows }) => sum + rows, 0));
            const size = bytes.slice(from, to).reduce((a, b) => a + b, 0);
            if (to - from > 1) expect(size).toBeLessThanOrEqual(MOST_BYTES);
            // Rounding aside: middles of a share lie within it.
            expect(size).toBeLessThanOrEqual(total / wanted + largest + 1);
          }
          expect(rowCounts.length).toBeLessThanOrEqual(2 * wanted);
        },
      ),
    );
  });

  test("are four for each core where nobody wishes another number, and never more than partitions", () => {
    const even = partitions(new Array(1000).fill(10));
    expect(planSparkBuckets(even, { ...ROOMY, cores: 3, tasks: null }).rowCounts).toHaveLength(12);
    expect(planSparkBuckets(even, { ...ROOMY, cores: 3, tasks: 7 }).rowCounts).toHaveLength(7);
    expect(planSparkBuckets(partitions([5, 5]), { ...ROOMY, cores: 3, tasks: null }).rowCounts).toEqual(
      Float64Array.of(5, 5),
    );
  });

  test("have 16,384 partitions at most", () => {
    const many = planSparkBuckets(partitions(new Array(40_000).fill(1)), { ...ROOMY, cores: 1, tasks: 1 });
    expect(many.first).toEqual(Int32Array.of(0, 16_384, 32_768, 40_000));
  });

  test("are none where there are no partitions", () => {
    const none = planSparkBuckets(partitions([]), { ...ROOMY, cores: 4, tasks: null });
    expect(none.first).toEqual(Int32Array.of(0));
    expect(none.rowCounts).toHaveLength(0);
  });

  test("leave a partition alone whose texts cannot be addressed, or whose rows have no room", () => {
    const large = partitions([3, 3, 50, 3], [10, 2 ** 33, 10, 10]);
    const { first, tooLarge } = planSparkBuckets(large, { cores: 1, tasks: 1, partitionBytes: 1000 });
    expect(first).toEqual(Int32Array.of(0, 1, 2, 3, 4));
    expect([...tooLarge]).toEqual([
      [1, expect.stringMatching(/^has texts of 8589934592 bytes in column "t", at most/)],
      [
        2,
        expect.stringMatching(
          /^50 rows need 1 MB to be fitted at once, and 1 MB are there for one partition;/,
        ),
      ],
    ]);
  });

  test("are none but those of too large ones where all are", () => {
    const { first, tooLarge } = planSparkBuckets(partitions([9, 9]), {
      cores: 1,
      tasks: 5,
      partitionBytes: 1,
    });
    expect(first).toEqual(Int32Array.of(0, 1, 2));
    expect(tooLarge.size).toBe(2);
  });
});
