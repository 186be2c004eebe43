import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FillBucket } from "../../../../src/engine/spark/executor/fill-bucket.ts";
import type { JobBucket, RowsMessage } from "../../../../src/engine/spark/executor/job-file.ts";
import { type Bucket, bucketArrays } from "../../../../src/protocol/bucket.ts";
import type { ReadColumn } from "../../../../src/table/read-column.ts";

const COLUMNS: readonly ReadColumn[] = [
  { name: "x", type: "double", hasValidity: false, isInteger: false },
  { name: "y", type: "double", hasValidity: true, isInteger: false },
  { name: "town", type: "text", hasValidity: true, isInteger: false },
];
const FIRST = 5;

interface Row {
  readonly partition: number;
  readonly x: number;
  readonly y: number | null;
  readonly town: string | null;
}

const ROW: fc.Arbitrary<Row> = fc.record({
  partition: fc.integer({ min: FIRST, max: FIRST + 3 }),
  x: fc.double(),
  y: fc.option(fc.double()),
  town: fc.option(fc.string({ unit: "grapheme" })),
});
const ROWS = fc.array(ROW, { minLength: 1, maxLength: 40 });

function jobOf(rows: readonly Row[]): JobBucket {
  const partitionRows = new Float64Array(4);
  for (const { partition } of rows) partitionRows[partition - FIRST]!++;
  const bytes = rows.reduce((sum, { town }) => sum + Buffer.byteLength(town ?? ""), 0);
  return { firstPartition: FIRST, partitionRows, textBytes: [0, 0, bytes], keys: null, isRefused: false };
}

function messageOf(rows: readonly Row[], start: number): RowsMessage {
  const valid = (values: readonly unknown[]): Uint8Array =>
    Uint8Array.from(values, (value) => (value === null ? 0 : 1));
  const towns = rows.map(({ town }) => Buffer.from(town ?? ""));
  const offsets = new Int32Array(rows.length + 1);
  for (const [i, town] of towns.entries()) offsets[i + 1] = offsets[i]! + town.length;
  return {
    type: "rows",
    task: 0,
    rowCount: rows.length,
    position: Float64Array.from(rows, (_, i) => 2 * (start + i)),
    partition: Int32Array.from(rows, ({ partition }) => partition),
    columns: [
      { values: Float64Array.from(rows, ({ x }) => x), isValid: null },
      {
        values: Float64Array.from(rows, ({ y }) => y ?? Number.NaN),
        isValid: valid(rows.map(({ y }) => y)),
      },
      { offsets, bytes: new Uint8Array(Buffer.concat(towns)), isValid: valid(rows.map(({ town }) => town)) },
    ],
  };
}

function fill(job: JobBucket, pieces: readonly (readonly Row[])[]): Bucket {
  const filling = new FillBucket(job, COLUMNS);
  let start = 0;
  for (const piece of pieces) {
    filling.add(messageOf(piece, start));
    start += piece.length;
  }
  return filling.finish();
}

const CUTS = fc.array(fc.nat({ max: 40 }), { maxLength: 6 });

function cut(rows: readonly Row[], cuts: readonly number[]): Row[][] {
  const ends = [...cuts.toSorted((a, b) => a - b), rows.length];
  return ends.map((end, i) => rows.slice(i === 0 ? 0 : ends[i - 1]!, end));
}

describe("rows of a task", () => {
  test("make the same bucket however they are cut into batches", () => {
    fc.assert(
      fc.property(ROWS, CUTS, (rows, cuts) => {
        const job = jobOf(rows);
        const whole = fill(job, [rows]);
        const pieces = fill(job, cut(rows, cuts));
        expect(new Uint8Array(pieces.memory)).toEqual(new Uint8Array(whole.memory));
      }),
    );
  });

  test("stand in the bucket as they were sent", () => {
    fc.assert(
      fc.property(ROWS, CUTS, (rows, cuts) => {
        const { position, partition, columns } = bucketArrays(fill(jobOf(rows), cut(rows, cuts)));
        const [x, y, town] = columns;
        if (x?.kind !== "numbers" || y?.kind !== "numbers" || town?.kind !== "texts")
          throw new Error("columns are not of the kinds that the job says");
        let from = 0;
        const found = rows.map((_, i): Row => {
          const text = Buffer.from(town.bytes.subarray(from, town.ends[i])).toString();
          from = town.ends[i]!;
          return {
            partition: partition[i]!,
            x: x.values[i]!,
            y: y.isValid![i] === 1 ? y.values[i]! : null,
            town: town.isValid![i] === 1 ? text : null,
          };
        });
        expect(found).toEqual(rows);
        expect([...position]).toEqual(rows.map((_, i) => 2 * i));
      }),
    );
  });
});

describe("rows that were not counted", () => {
  const rows: readonly Row[] = [
    { partition: 5, x: 1, y: 1, town: "Ulm" },
    { partition: 6, x: 2, y: null, town: null },
    { partition: 6, x: 3, y: 3, town: "Bonn" },
  ];
  const job = jobOf(rows);

  test("are refused where a partition has more", () => {
    expect(() => fill(job, [[...rows, rows[0]!]])).toThrow(
      expect.objectContaining({
        code: "source_changed",
        message: expect.stringContaining("partition 5: 1 rows were counted and at least 2 were read"),
      }),
    );
  });

  test("are refused where a partition has fewer", () => {
    expect(() => fill(job, [rows.slice(0, 2)])).toThrow(
      expect.objectContaining({
        code: "source_changed",
        message: expect.stringContaining("partition 6: 2 rows were counted and 1 were read"),
      }),
    );
  });

  test.each([
    ["longer", "Ulmen", 9],
    ["shorter", "Ul", 6],
  ])("are refused where texts are %s", (_, town, found) => {
    expect(() => fill(job, [[{ ...rows[0]!, town }, ...rows.slice(1)]])).toThrow(
      expect.objectContaining({
        code: "source_changed",
        message: expect.stringContaining(`texts of 7 bytes were counted and ${found} were read`),
      }),
    );
  });

  test("are refused where their key is unknown", () => {
    expect(() => fill(job, [[{ ...rows[0]!, partition: -1 }]])).toThrow(
      expect.objectContaining({ code: "source_changed" }),
    );
  });

  test.each([4, 9])("are refused as damage where they are of partition %i of another task", (partition) => {
    expect(() => fill(job, [[{ ...rows[0]!, partition }]])).toThrow(
      expect.objectContaining({ code: "internal" }),
    );
  });
});
