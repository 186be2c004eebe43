import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { orderRows } from "../../src/worker/order-rows.ts";

function ordered(positions: readonly number[], rows = positions.map((_, i) => i)): number[] {
  const indices = Uint32Array.from(rows);
  orderRows(
    indices,
    Float64Array.from(positions),
    { from: 0, to: rows.length },
    new Uint32Array(rows.length),
  );
  return [...indices];
}

describe("orderRows", () => {
  test("leaves rows that are in order as they are", () => {
    expect(ordered([1, 5, 9])).toEqual([0, 1, 2]);
  });

  test("sorts any arrangement by position", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 1e6 }), { minLength: 1 }), (positions) => {
        const expected = positions.map((_, i) => i).sort((a, b) => positions[a]! - positions[b]!);
        expect(ordered(positions)).toEqual(expected);
      }),
    );
  });

  test("sorts chunks that arrive in any order, as a parallel reader sends them", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7], { minLength: 2 }), (chunks) => {
        const positions = chunks.flatMap((chunk) => Array.from({ length: 50 }, (_, i) => chunk * 50 + i));
        const sorted = ordered(positions).map((row) => positions[row]!);
        expect(sorted).toEqual([...positions].sort((a, b) => a - b));
      }),
    );
  });

  test("touches only the rows of its range", () => {
    const rows = Uint32Array.from([3, 2, 1, 0]);
    orderRows(rows, Float64Array.from([0, 1, 2, 3]), { from: 1, to: 3 }, new Uint32Array(4));
    expect([...rows]).toEqual([3, 1, 2, 0]);
  });

  test("is stable where positions are equal", () => {
    expect(ordered([7, 7, 3, 7])).toEqual([2, 0, 1, 3]);
  });
});
