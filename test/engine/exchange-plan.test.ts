import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { planExchange, sizeOf } from "../../src/engine/local/exchange-plan.ts";
import type { FitMemory } from "../../src/engine/local/memory-budget.ts";
import { bucketRowBytes } from "../../src/protocol/bucket.ts";
import type { ReadColumn } from "../../src/table/read-column.ts";

const COLUMNS: readonly ReadColumn[] = [
  { name: "x", type: "double", hasValidity: false, isInteger: false },
  { name: "t", type: "text", hasValidity: true, isInteger: false },
];
const ROW = bucketRowBytes(COLUMNS);

function memoryOf(told: Partial<FitMemory>): FitMemory {
  return { inventoryBytes: 0, exchangeBytes: 1e9, partitionBytes: 1e9, bucketPartitions: 16_384, ...told };
}

const sizes = fc
  .array(fc.record({ rows: fc.integer({ min: 1, max: 20_000 }), text: fc.integer({ min: 0, max: 1e6 }) }), {
    minLength: 1,
    maxLength: 200,
  })
  .map((all) => ({
    rows: Float64Array.from(all, ({ rows }) => rows),
    textBytes: [null, Float64Array.from(all, ({ text }) => text)],
  }));

describe("planExchange", () => {
  test("leaves everything in memory where it fits, to the byte", () => {
    fc.assert(
      fc.property(sizes, (all) => {
        const bytes = all.rows.reduce((sum, rows, p) => sum + rows * ROW + all.textBytes[1]![p]!, 0);
        const plan = (exchangeBytes: number): ReturnType<typeof planExchange> =>
          planExchange({
            sizes: all,
            columns: COLUMNS,
            memory: memoryOf({ exchangeBytes }),
            workers: 2,
            limits: null,
          });
        expect(plan(bytes)).toMatchObject({ bytes, spill: null, apart: [] });
        expect(plan(bytes - 1).spill).not.toBeNull();
      }),
    );
  });

  test("keeps pages, loaded buckets and each worker within their shares", () => {
    const shares = fc.record({
      exchangeBytes: fc.integer({ min: 2e6, max: 50e6 }),
      partitionBytes: fc.integer({ min: 20_000, max: 5e6 }),
      bucketPartitions: fc.integer({ min: 1, max: 500 }),
      workers: fc.integer({ min: 1, max: 4 }),
    });
    fc.assert(
      fc.property(sizes, shares, (all, { workers, ...told }) => {
        const memory = memoryOf(told);
        const plan = planExchange({ sizes: all, columns: COLUMNS, memory, workers, limits: null });
        const { first, rowCounts } = plan.buckets;
        const larger = [...all.rows.keys()].filter(
          (p) => sizeOf(all, COLUMNS, p).bytes > told.partitionBytes,
        );
        expect(plan.apart).toEqual(larger);
        for (let b = 0; b < rowCounts.length; b++) {
          const partitions = Array.from({ length: first[b + 1]! - first[b]! }, (_, i) => first[b]! + i);
          const rows = partitions.reduce((sum, p) => sum + all.rows[p]!, 0);
          const isApart = larger.includes(partitions[0]!);
          expect(rowCounts[b]).toBe(isApart ? 0 : rows);
          expect(partitions.length).toBeLessThanOrEqual(isApart ? 1 : told.bucketPartitions);
          const bytes = partitions.reduce((sum, p) => sum + sizeOf(all, COLUMNS, p).bytes, 0);
          // Texts are counted apart from rows: of each a bucket may have half of a worker's share.
          if (partitions.length > 1) expect(bytes).toBeLessThanOrEqual(2 * told.partitionBytes);
        }
        if (plan.spill === null) return;
        const { pages, loadedBytes } = plan.spill;
        const pageBytes = pages.rows * ROW + pages.textBytes[1]!;
        if (pages.rows > 1)
          expect(pageBytes * rowCounts.length).toBeLessThanOrEqual(told.exchangeBytes / 2 + rowCounts.length);
        expect(loadedBytes).toBe(told.exchangeBytes / 2);
      }),
    );
  });

  test("fills buckets with what comes beside the rows, and nothing else with it", () => {
    const rows = new Float64Array(100).fill(10);
    const need = {
      sizes: { rows, textBytes: [null, new Float64Array(100)] },
      ...{ columns: COLUMNS, memory: memoryOf({ partitionBytes: 1e8 }), workers: 2, limits: null },
    };
    const plain = planExchange(need);
    expect(plain.buckets.rowCounts.length).toBe(1);
    const beside = planExchange({ ...need, bytesBeside: new Float64Array(100).fill(5e6) });
    expect([...beside.buckets.rowCounts].every((count) => count <= 100)).toBe(true);
    expect({ ...beside, buckets: plain.buckets }).toEqual(plain);
  });

  test("makes larger buckets, and fewer, where pages would be too small to be read back well", () => {
    const rows = new Float64Array(200_000).fill(200);
    const plan = (exchangeBytes: number): number => {
      const memory = memoryOf({ exchangeBytes, partitionBytes: 1e8 });
      const textBytes = [null, new Float64Array(rows.length)];
      return planExchange({ sizes: { rows, textBytes }, columns: COLUMNS, memory, workers: 2, limits: null })
        .buckets.rowCounts.length;
    };
    expect(plan(5e8)).toBeGreaterThan(600);
    expect(plan(40e6)).toBeLessThan(350);
  });
});
