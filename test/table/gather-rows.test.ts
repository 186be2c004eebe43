import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Rows, sliceColumn } from "../../src/table/column.ts";
import { gatherRows } from "../../src/table/gather-rows.ts";
import { Table } from "../../src/table/table.ts";
import { isUnusable, unusableRows } from "../../src/table/unusable-rows.ts";
import { numbers, rowsOf, texts } from "../trainer/one-partition.ts";

const SCHEMA = [
  { name: "x", type: "double" },
  { name: "name", type: "text" },
] as const;

const CELLS = fc.array(
  fc.record({
    number: fc.oneof(fc.double(), fc.constantFrom(null, Number.NaN, Number.POSITIVE_INFINITY)),
    text: fc.option(fc.string({ unit: "grapheme" })),
  }),
);

function tableOf(rows: Rows): unknown[] {
  const table = new Table(SCHEMA, rows);
  const isNull = table.validity("x");
  const values = table.numbers("x");
  return table.texts("name").map((text, row) => [isNull?.[row] === 0 ? null : values[row], text]);
}

describe("gathered rows", () => {
  test("are the rows at the indices, of whole columns and of slices", () => {
    const utf8 = (text: string | null): string | null => text && Buffer.from(text).toString();
    fc.assert(
      fc.property(CELLS, fc.nat(3), fc.infiniteStream(fc.nat()), (cells, from, chance) => {
        const whole = rowsOf(
          numbers(...cells.map(({ number }) => number)),
          texts(...cells.map(({ text }) => text)),
        );
        const columns = whole.columns.map((column) => sliceColumn(column, from, cells.length));
        const kept = cells.slice(from);
        if (kept.length === 0) return;
        const indices = Uint32Array.from(kept, () => chance.next().value % kept.length);
        const gathered = gatherRows({ rowCount: kept.length, columns }, indices);
        expect(gathered.rowCount).toBe(indices.length);
        expect(tableOf(gathered)).toEqual(
          Array.from(indices, (row) => [kept[row]!.number, utf8(kept[row]!.text)]),
        );
      }),
    );
  });

  test("share nothing with the rows that they are from", () => {
    const rows = rowsOf(numbers(1, null), texts("a", "b"));
    const gathered = gatherRows(rows, Uint32Array.of(0, 1));
    (gathered.columns[0] as { values: Float64Array }).values.fill(5);
    expect(tableOf(rows)).toEqual([
      [1, "a"],
      [null, "b"],
    ]);
  });

  test("take no more memory than their texts", () => {
    const rows = rowsOf(texts("a", "bb", "x".repeat(1000)));
    const column = gatherRows(rows, Uint32Array.of(1, 0)).columns[0]!;
    expect(column).toMatchObject({ kind: "texts", bytes: new Uint8Array(Buffer.from("bba")) });
  });
});

describe("unusable rows", () => {
  test("are those with NULL, NaN or an infinity among numbers, and NULL among texts", () => {
    fc.assert(
      fc.property(CELLS, (cells) => {
        const rows = rowsOf(
          numbers(...cells.map(({ number }) => number)),
          texts(...cells.map(({ text }) => text)),
        );
        const expected = cells.map(({ number, text }) =>
          number === null || !Number.isFinite(number) || text === null ? 1 : 0,
        );
        expect(unusableRows(rows)).toEqual(expected.some(Boolean) ? Uint8Array.from(expected) : null);
        const [x, name] = rows.columns;
        for (const [row, { number, text }] of cells.entries()) {
          expect(isUnusable(x!, row)).toBe(!Number.isFinite(number));
          expect(isUnusable(name!, row)).toBe(text === null);
        }
      }),
    );
  });

  test("are none among huge numbers whose sums overflow", () => {
    expect(unusableRows(rowsOf(numbers(1e308, 1e308, -1e308)))).toBeNull();
  });
});
