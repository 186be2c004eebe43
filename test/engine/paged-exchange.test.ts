import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { planBuckets } from "../../src/engine/local/bucket-plan.ts";
import { Exchange, type PartitionSizes } from "../../src/engine/local/exchange.ts";
import { planPages } from "../../src/engine/local/page-plan.ts";
import { PagedExchange } from "../../src/engine/local/paged-exchange.ts";
import { SpillFile } from "../../src/engine/local/spill-file.ts";
import { type Bucket, bucketArrays, bucketRowBytes } from "../../src/protocol/bucket.ts";
import type { RowBatch } from "../../src/source/stream-rows.ts";
import type { ReadColumn } from "../../src/table/read-column.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const COLUMNS: readonly ReadColumn[] = [
  { name: "x", type: "double", hasValidity: true, isInteger: false },
  { name: "t", type: "text", hasValidity: true, isInteger: false },
  { name: "y", type: "double", hasValidity: false, isInteger: false },
];

interface Row {
  readonly partition: number;
  readonly x: number | null;
  readonly t: Uint8Array | null;
}

const rows = fc.array(
  fc.record({
    partition: fc.integer({ min: 0, max: 7 }),
    x: fc.oneof(fc.constant(null), fc.double()),
    t: fc.oneof(
      fc.constant(null),
      fc.uint8Array({ maxLength: 6 }),
      fc.integer({ min: 0, max: 3000 }).map((length) => new Uint8Array(length).fill(length)),
    ),
  }),
  { maxLength: 300 },
);

const shapes = fc.record({
  batchRows: fc.integer({ min: 1, max: 100 }),
  bucketRows: fc.integer({ min: 1, max: 200 }),
  pageRows: fc.integer({ min: 1, max: 40 }),
  pageText: fc.integer({ min: 1, max: 200 }),
});

function sizesOf(all: readonly Row[]): PartitionSizes {
  const counts = new Float64Array(8);
  const texts = new Float64Array(8);
  for (const { partition, t } of all) {
    counts[partition]!++;
    texts[partition]! += t?.length ?? 0;
  }
  return { rows: counts, textBytes: [null, texts, null] };
}

function* batchesOf(all: readonly Row[], size: number): Generator<RowBatch> {
  for (let from = 0; from < all.length; from += size) {
    const some = all.slice(from, from + size);
    yield {
      rowCount: some.length,
      partition: Int32Array.from(some, (row) => row.partition),
      position: Float64Array.from(some, (_, i) => from + i),
      columns: [
        {
          kind: "numbers",
          // What DuckDB leaves where there is no value is not to be seen.
          values: Float64Array.from(some, ({ x }) => x ?? 77),
          isValid: Uint8Array.from(some, ({ x }) => (x === null ? 0 : 1)),
        },
        { kind: "texts", values: some.map(({ t }) => t) },
        { kind: "numbers", values: Float64Array.from(some, (_, i) => -(from + i)), isValid: null },
      ],
    };
  }
}

function bytesOf({ memory, ...shape }: Bucket): unknown {
  return { ...shape, bytes: Buffer.from(new Uint8Array(memory)) };
}

describe("paged exchange", () => {
  test("gives the same buckets, byte for byte, as the exchange in memory", async () => {
    await fc.assert(
      fc.asyncProperty(rows, shapes, async (all, { batchRows, bucketRows, pageRows, pageText }) => {
        const sizes = sizesOf(all);
        const plan = planBuckets(sizes.rows, { rows: bucketRows, partitions: 5 }, sizes.textBytes);
        const inMemory = new Exchange(plan, sizes, COLUMNS);
        const file = new SpillFile(temporaryFolder());
        const pages = { rows: pageRows, textBytes: [0, pageText, 0] };
        const paged = new PagedExchange({ plan, sizes, columns: COLUMNS, pages, file });
        const expected: Bucket[] = [];
        const complete: number[] = [];
        for (const batch of batchesOf(all, batchRows)) {
          expected.push(...inMemory.scatter(batch));
          complete.push(...(await paged.scatter(batch)));
        }
        const found: Bucket[] = [];
        for (const index of complete) found.push(await paged.load(index));
        expect(found.map(bytesOf)).toEqual(expected.map(bytesOf));
        expect([inMemory.isComplete, paged.isComplete]).toEqual([true, true]);
        await file.close();
      }),
      { numRuns: 60 },
    );
  });

  test("loads buckets while others still fill, and has written only full pages of buckets that go on", async () => {
    const all = Array.from({ length: 40 }, (_, i): Row => ({ partition: i >> 3, x: i, t: null }));
    const sizes = sizesOf(all);
    const plan = planBuckets(sizes.rows, { rows: 8, partitions: 1 }, sizes.textBytes);
    const file = new SpillFile(temporaryFolder());
    const pages = { rows: 3, textBytes: [0, 1, 0] };
    const paged = new PagedExchange({ plan, sizes, columns: COLUMNS, pages, file });
    const found: number[][] = [];
    for (const batch of batchesOf(all, 5)) {
      for (const index of await paged.scatter(batch)) {
        const { columns } = bucketArrays(await paged.load(index));
        found.push([...(columns[0] as { values: Float64Array }).values]);
      }
    }
    expect(found).toEqual([0, 1, 2, 3, 4].map((p) => Array.from({ length: 8 }, (_, i) => 8 * p + i)));
    // Of eight rows the last two never leave memory; a page of three takes 96 bytes.
    const page = 3 * (8 + 4) + 4 + 3 * 8 + 8 + (3 * 4 + 4) + 8 + 3 * 8;
    expect(file.byteCount).toBe(5 * 2 * page);
    await file.close();
  });

  test.each([
    ["rows", (sizes: PartitionSizes) => (sizes.rows[0]! -= 1)],
    ["texts", (sizes: PartitionSizes) => (sizes.textBytes[1]![0]! -= 1)],
  ])("refuses more %s than were counted", async (_, lessen) => {
    const all = Array.from({ length: 9 }, (): Row => ({ partition: 0, x: 1, t: new Uint8Array(4) }));
    const sizes = sizesOf(all);
    lessen(sizes);
    const plan = planBuckets(sizes.rows, { rows: 100, partitions: 10 }, sizes.textBytes);
    const file = new SpillFile(temporaryFolder());
    const pages = { rows: 2, textBytes: [0, 100, 0] };
    const paged = new PagedExchange({ plan, sizes, columns: COLUMNS, pages, file });
    const read = async (): Promise<void> => {
      for (const batch of batchesOf(all, 4))
        for (const index of await paged.scatter(batch)) await paged.load(index);
    };
    await expect(read()).rejects.toThrow(
      /^source has more rows or longer texts of some keys than were counted/,
    );
    await file.close();
  });
});

describe("planPages", () => {
  test("keeps all pages within the memory for them, but for one row each", () => {
    const needs = fc.record({
      bucketCount: fc.integer({ min: 1, max: 20_000 }),
      memoryBytes: fc.integer({ min: 1000, max: 2 ** 31 }),
      mean: fc.double({ min: 0, max: 5000, noNaN: true }),
    });
    fc.assert(
      fc.property(needs, ({ bucketCount, memoryBytes, mean }) => {
        const plan = planPages({ bucketCount, memoryBytes, columns: COLUMNS, meanTextBytes: [0, mean, 0] });
        const bytes = plan.rows * bucketRowBytes(COLUMNS) + plan.textBytes[1]!;
        expect(plan.rows).toBeGreaterThanOrEqual(1);
        if (plan.rows > 1) expect(bucketCount * bytes).toBeLessThanOrEqual(memoryBytes + bucketCount);
        expect(plan.textBytes[0]).toBe(0);
      }),
    );
  });
});
