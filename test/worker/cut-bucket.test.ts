import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Bucket, bucketArrays, bucketRowBytes } from "../../src/protocol/bucket.ts";
import { cutBucket } from "../../src/worker/cut-bucket.ts";

interface Row {
  readonly partition: number;
  readonly position: number;
}

function bucketOf(rows: readonly Row[], firstPartition: number, partitionRows: readonly number[]): Bucket {
  const bucket: Bucket = {
    memory: new SharedArrayBuffer(rows.length * bucketRowBytes(2)),
    rowCount: rows.length,
    columnCount: 2,
    firstPartition,
    partitionRows: Float64Array.from(partitionRows),
  };
  const { partition, position, columns } = bucketArrays(bucket);
  for (const [i, row] of rows.entries()) {
    partition[i] = row.partition;
    position[i] = row.position;
    columns[0]![i] = row.position * 10;
    columns[1]![i] = row.partition;
  }
  return bucket;
}

function cut(bucket: Bucket): { positions: number[]; partitions: number[] }[] {
  const seen: { positions: number[]; partitions: number[] }[] = [];
  cutBucket(bucket, ({ rowCount, columns }) => {
    expect(columns.map((column) => column.length)).toEqual([rowCount, rowCount]);
    seen.push({ positions: [...columns[0]!].map((x) => x / 10), partitions: [...columns[1]!] });
  });
  return seen;
}

describe("cutBucket", () => {
  test("gives every partition its own rows, all of them, by position", () => {
    const shape = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(shape, fc.integer({ min: 0, max: 1000 }), fc.gen(), (sizes, first, gen) => {
        const rows = sizes.flatMap((size, i) =>
          Array.from({ length: size }, (_, j) => ({ partition: first + i, position: j * 100 + i })),
        );
        const arrived = gen(() => fc.shuffledSubarray(rows, { minLength: rows.length }));
        const partitions = cut(bucketOf(arrived, first, sizes));
        expect(partitions).toEqual(
          sizes.map((size, i) => ({
            positions: Array.from({ length: size }, (_, j) => j * 100 + i),
            partitions: new Array<number>(size).fill(first + i),
          })),
        );
      }),
    );
  });

  test("refuses a bucket whose rows are not as counted", () => {
    const rows = [
      { partition: 4, position: 0 },
      { partition: 4, position: 1 },
    ];
    expect(() => cut(bucketOf(rows, 4, [1, 1]))).toThrow(/partition 4: 1 rows were counted and 2 were read/);
  });
});
