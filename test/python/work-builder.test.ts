import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { WorkBuilder } from "../../src/python/work-builder.ts";
import type { ColumnValues, Rows } from "../../src/table/column.ts";
import type { ReadColumn } from "../../src/table/read-column.ts";

const COLUMNS: readonly ReadColumn[] = [
  { name: "x", type: "double", hasValidity: true, isInteger: false },
  { name: "t", type: "text", hasValidity: true, isInteger: false },
  { name: "y", type: "double", hasValidity: false, isInteger: false },
];

type Cells = { readonly x: number | null; readonly t: string | null; readonly y: number };

const cells: fc.Arbitrary<Cells> = fc.record({
  x: fc.option(fc.double()),
  t: fc.option(fc.string({ unit: "grapheme" })),
  y: fc.double(),
});

function numbersOf(values: readonly (number | null)[]): ColumnValues {
  const isValid = values.includes(null) ? Uint8Array.from(values, (value) => (value === null ? 0 : 1)) : null;
  return { kind: "numbers", values: Float64Array.from(values, (value) => value ?? Number.NaN), isValid };
}

/** Texts that begin somewhere in their bytes, as those of a bucket's partition do. */
function textsOf(texts: readonly (string | null)[], start: number): ColumnValues {
  const encoded = texts.map((text) => Buffer.from(text ?? ""));
  let end = start;
  const ends = Uint32Array.from(encoded, (bytes) => (end += bytes.length));
  const isValid = texts.includes(null) ? Uint8Array.from(texts, (text) => (text === null ? 0 : 1)) : null;
  const bytes = new Uint8Array(Buffer.concat([Buffer.alloc(start, "#"), ...encoded]));
  return { kind: "texts", bytes, ends, start, isValid };
}

function rowsOf(all: readonly Cells[], start: number): Rows {
  return {
    rowCount: all.length,
    columns: [
      numbersOf(all.map(({ x }) => x)),
      textsOf(
        all.map(({ t }) => t),
        start,
      ),
      numbersOf(all.map(({ y }) => y)),
    ],
  };
}

/** What a child makes of a message, by the contract alone. */
function read(work: ReturnType<WorkBuilder["finish"]>): Cells[][][] {
  let [number, end, byte, valid] = [0, 0, 0, 0];
  return Array.from({ length: work.count }, (_, partition) =>
    [work.rows, work.heldOut].map((counts, block) => {
      const count = counts[partition]!;
      expect(number % 8).toBe(0);
      const validOf = COLUMNS.map((_, column) => {
        const hasNull = work.hasNull[(partition * 2 + block) * COLUMNS.length + column] === 1;
        if (hasNull) valid += count;
        return hasNull ? work.valid.subarray(valid - count, valid) : new Uint8Array(count).fill(1);
      });
      const ends = work.texts.ends.subarray(end, end + count + 1);
      end += count + 1;
      const texts = Array.from({ length: count }, (_, row) =>
        Buffer.from(work.texts.bytes.subarray(byte + ends[row]!, byte + ends[row + 1]!)).toString(),
      );
      byte += ends[count]!;
      const [x, y] = [0, 1].map((column) =>
        work.numbers.subarray(number + column * count, number + (column + 1) * count),
      );
      number += Math.ceil((2 * count) / 8) * 8;
      return Array.from({ length: count }, (_, row) => ({
        x: validOf[0]![row] === 1 ? x![row]! : null,
        t: validOf[1]![row] === 1 ? texts[row]! : null,
        y: y![row]!,
      }));
    }),
  );
}

describe("rows on their way to Python", () => {
  test("arrive as they were, whatever is NULL, empty or held out", () => {
    const partition = fc.record({
      used: fc.array(cells, { maxLength: 20 }),
      heldOut: fc.option(fc.array(cells, { maxLength: 5 })),
      start: fc.nat(9),
    });
    fc.assert(
      fc.property(fc.array(partition, { maxLength: 6 }), (partitions) => {
        const builder = new WorkBuilder(COLUMNS);
        for (const [seed, { used, heldOut, start }] of partitions.entries()) {
          const held = heldOut === null ? null : rowsOf(heldOut, start);
          builder.add({ used: rowsOf(used, start), heldOut: held, key: [seed], seed });
        }
        const work = builder.finish();
        expect(read(work)).toEqual(partitions.map(({ used, heldOut }) => [used, heldOut ?? []]));
        expect(work.keys).toEqual(partitions.map((_, seed) => [seed]));
        expect([...work.seeds]).toEqual([...partitions.keys()]);
      }),
    );
  });

  test("are copied: whoever gave them may overwrite them", () => {
    const builder = new WorkBuilder(COLUMNS);
    const used = rowsOf([{ x: 1, t: "a", y: 2 }], 0);
    builder.add({ used, heldOut: null, key: [], seed: 1 });
    for (const column of used.columns) (column.kind === "numbers" ? column.values : column.bytes).fill(7);
    expect(read(builder.finish())).toEqual([[[{ x: 1, t: "a", y: 2 }], []]]);
  });
});
