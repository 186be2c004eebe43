import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ManyfitError } from "../../src/errors.ts";
import type { Rows } from "../../src/table/column.ts";
import type { Field } from "../../src/table/field.ts";
import { Table } from "../../src/table/table.ts";

const SCHEMA: readonly Field[] = [
  { name: "x", type: "double" },
  { name: "name", type: "text" },
];

function rowsOf(numbers: readonly (number | null)[], texts: readonly (string | null)[]): Rows {
  const encoded = texts.map((text) => new TextEncoder().encode(text ?? ""));
  let end = 0;
  const ends = Uint32Array.from(encoded, (bytes) => (end += bytes.length));
  const flags = (values: readonly unknown[]): Uint8Array | null =>
    values.includes(null) ? Uint8Array.from(values, (value) => (value === null ? 0 : 1)) : null;
  return {
    rowCount: numbers.length,
    columns: [
      {
        kind: "numbers",
        values: Float64Array.from(numbers, (n) => n ?? Number.NaN),
        isValid: flags(numbers),
      },
      { kind: "texts", bytes: Buffer.concat(encoded), ends, start: 0, isValid: flags(texts) },
    ],
  };
}

const CELL = fc.record({
  number: fc.option(fc.double()),
  text: fc.option(fc.oneof(fc.string({ unit: "grapheme" }), fc.constant("\ufeffmark"), fc.constant(""))),
});

describe("a table", () => {
  test("gives back every number and text, and tells NULL from NaN, in any slice of itself", () => {
    const utf8 = (text: string): string => Buffer.from(text).toString();
    fc.assert(
      fc.property(fc.array(CELL), fc.nat(20), fc.nat(20), (cells, from, length) => {
        const numbers = cells.map((cell) => cell.number);
        const texts = cells.map((cell) => (cell.text === null ? null : utf8(cell.text)));
        const whole = new Table(SCHEMA, rowsOf(numbers, texts));
        for (const [table, start, end] of [
          [whole, 0, cells.length],
          [whole.slice(from, from + length), from, from + length],
          [whole.slice(from, from + length).slice(1, 3), from + 1, Math.min(from + 3, from + length)],
        ] as const) {
          const expected = numbers.slice(start, Math.max(start, end));
          expect(table.rowCount).toBe(expected.length);
          expect([...table.numbers("x")]).toEqual(expected.map((n) => n ?? Number.NaN));
          expect(table.texts("name")).toEqual(texts.slice(start, Math.max(start, end)));
          const validity = table.validity("x");
          expect(validity === null ? null : [...validity]).toEqual(
            expected.includes(null) ? expected.map((n) => (n === null ? 0 : 1)) : null,
          );
        }
      }),
    );
  });

  test("gives arrays that may be written to", () => {
    const table = new Table(SCHEMA, rowsOf([1, null, 3], ["a", null, "c"]));
    table.numbers("x").fill(7);
    table.texts("name").fill("changed");
    table.validity("x")!.fill(1);
    expect([...table.numbers("x")]).toEqual([1, Number.NaN, 3]);
    expect(table.texts("name")).toEqual(["a", null, "c"]);
    expect([...table.validity("x")!]).toEqual([1, 0, 1]);
    expect(table.numbers("x").buffer.byteLength).toBe(24);
  });

  test("says which columns there are, and of which kind, to whoever asks for another", () => {
    const table = new Table(SCHEMA, rowsOf([1], ["a"]));
    expect(() => table.numbers("X1")).toThrow(ManyfitError);
    expect(() => table.numbers("nam")).toThrow(/column "nam" is not among those .* did you mean name\?/);
    expect(() => table.numbers("name")).toThrow(/holds texts/);
    expect(() => table.texts("x")).toThrow(/holds numbers/);
  });
});
