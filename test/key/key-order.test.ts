import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { KeyList } from "../../src/key/key-list.ts";
import { keyAt, keyCount } from "../../src/key/key-list.ts";
import { createKeyListBuilder } from "../../src/key/key-list-builder.ts";
import { compareKeyBytes, isAscending, keyOrder, reorderKeys } from "../../src/key/key-order.ts";
import { keysArbitrary } from "./key-arbitrary.ts";

/** Lists of arbitrary byte strings, many of them alike: the order does not depend on what the bytes mean. */
const byteLists = fc
  .array(fc.oneof(fc.uint8Array({ maxLength: 12 }), fc.array(fc.constantFrom(0, 7), { maxLength: 9 })), {
    maxLength: 30,
  })
  .map((rows) => keyListOf(rows.map((row) => Uint8Array.from(row))));

function keyListOf(rows: readonly Uint8Array[]): KeyList {
  const offsets = new Float64Array(rows.length + 1);
  for (const [i, row] of rows.entries()) offsets[i + 1] = offsets[i]! + row.length;
  return { bytes: Uint8Array.from(rows.flatMap((row) => [...row])), offsets };
}

function rowsOf(keys: KeyList): Buffer[] {
  return Array.from({ length: keyCount(keys) }, (_, i) => Buffer.from(keyAt(keys, i)));
}

describe("key order", () => {
  test("of two keys is that of Buffer.compare", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5 }), fc.uint8Array({ maxLength: 5 }), (a, b) => {
        expect(Math.sign(compareKeyBytes(a, b))).toBe(Buffer.compare(a, b));
      }),
    );
    expect(compareKeyBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(0);
    expect(compareKeyBytes(Uint8Array.of(1), Uint8Array.of(1, 0))).toBeLessThan(0);
  });

  test("of a list is stable and that of a sort with Buffer.compare", () => {
    fc.assert(
      fc.property(byteLists, (keys) => {
        const rows = rowsOf(keys);
        const expected = rows.map((_, i) => i).sort((a, b) => Buffer.compare(rows[a]!, rows[b]!) || a - b);
        expect([...keyOrder(keys)]).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });

  test("puts keys in order when they are taken in it", () => {
    fc.assert(
      fc.property(keysArbitrary, ({ types, rows }) => {
        const builder = createKeyListBuilder(types);
        for (const row of rows) builder.append(row);
        const keys = builder.toKeyList();
        const sorted = reorderKeys(keys, keyOrder(keys));
        expect(rowsOf(sorted)).toEqual(rowsOf(keys).sort(Buffer.compare));
      }),
    );
  });

  test("is ascending when each key comes before the next, and not when one comes twice", () => {
    fc.assert(
      fc.property(byteLists, (keys) => {
        const rows = rowsOf(keys);
        const expected = rows.every((row, i) => i === 0 || Buffer.compare(rows[i - 1]!, row) < 0);
        expect(isAscending(keys)).toBe(expected);
        const distinct = [...new Map(rows.map((row) => [row.toString("hex"), row])).values()];
        expect(isAscending(keyListOf(distinct.sort(Buffer.compare)))).toBe(true);
      }),
    );
    const one = Uint8Array.of(1, 2);
    expect(isAscending(keyListOf([one, one]))).toBe(false);
    expect(isAscending(keyListOf([]))).toBe(true);
  });
});
