import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Bucket, bucketArrays, bucketBytes } from "../../src/protocol/bucket.ts";
import type { ReadColumn } from "../../src/table/read-column.ts";
import { Table } from "../../src/table/table.ts";
import { cutBucket } from "../../src/worker/cut-bucket.ts";

interface Row {
  readonly partition: number;
  readonly position: number;
}

const COLUMNS: readonly ReadColumn[] = [
  { name: "x", type: "double", hasValidity: false, isInteger: false },
  { name: "y", type: "double", hasValidity: true, isInteger: false },
  { name: "name", type: "text", hasValidity: true, isInteger: false },
];

/** Texts of all lengths, some of them empty; every seventh row has NULL in its place. */
function textOf({ partition, position }: Row): string {
  return position % 7 === 0 ? "" : "é".repeat(position % 5) + String(partition);
}

function bucketOf(rows: readonly Row[], firstPartition: number, partitionRows: readonly number[]): Bucket {
  const texts = rows.map((row) => new TextEncoder().encode(textOf(row)));
  const shape = {
    rowCount: rows.length,
    columns: COLUMNS,
    textBytes: [0, 0, texts.reduce((sum, text) => sum + text.length, 0)],
    firstPartition,
    partitionRows: Float64Array.from(partitionRows),
  };
  const bucket = { ...shape, memory: new SharedArrayBuffer(bucketBytes(shape)) };
  const { partition, position, columns } = bucketArrays(bucket);
  const [x, y, name] = columns;
  if (x?.kind !== "numbers" || y?.kind !== "numbers" || name?.kind !== "texts")
    throw new Error("other kinds");
  let end = 0;
  for (const [i, row] of rows.entries()) {
    partition[i] = row.partition;
    position[i] = row.position;
    x.values[i] = row.position * 10;
    y.values[i] = row.partition;
    y.isValid![i] = row.position % 3 === 0 ? 0 : 1;
    name.bytes.set(texts[i]!, end);
    end += texts[i]!.length;
    name.ends[i] = end;
    name.isValid![i] = row.position % 7 === 0 ? 0 : 1;
  }
  return bucket;
}

/** What was cut, partition by partition, as the rows that it must have come from. */
function cut(bucket: Bucket): { positions: number[]; rows: unknown[] }[] {
  const { position } = bucketArrays(bucket);
  return Array.from(cutBucket(bucket), ({ rows, order }) => {
    const table = new Table(COLUMNS, rows);
    const [x, y, names] = [table.numbers("x"), table.numbers("y"), table.texts("name")];
    const validity = table.validity("y");
    return {
      positions: Array.from(order, (row) => position[row]!),
      rows: names.map((name, i) => [x[i], y[i], validity?.[i] ?? 1, name]),
    };
  });
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
          sizes.map((size, i) => {
            const positions = Array.from({ length: size }, (_, j) => j * 100 + i);
            const partition = first + i;
            const rowOf = (at: number): unknown[] => [
              at * 10,
              partition,
              at % 3 === 0 ? 0 : 1,
              at % 7 === 0 ? null : textOf({ partition, position: at }),
            ];
            return { positions, rows: positions.map(rowOf) };
          }),
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
