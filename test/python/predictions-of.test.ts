import { expect, test } from "vitest";
import { predictionsOf } from "../../src/python/predictions-of.ts";

const VALID = Uint8Array.of(1, 0);

test("predictions come out in memory of their own, with NULLs where there is no value", () => {
  const frame = Float64Array.of(0, 1.5, Number.NaN);
  const bytes = new TextEncoder().encode("\ufeffüx");
  const [first, second] = predictionsOf(
    {
      ...{ id: 3, first: 5, count: 2 },
      failures: [{ index: 6, code: "trainer_threw", message: "ValueError: no", stack: null }],
      columns: [
        [
          { name: "p", type: "double", values: frame.subarray(1), valid: Uint8Array.of(1, 1) },
          { name: "b", type: "boolean", values: Uint8Array.of(1, 0), valid: VALID },
          {
            name: "t",
            type: "text",
            values: { bytes, ends: Float64Array.of(bytes.length, bytes.length) },
            valid: VALID,
          },
        ],
        null,
      ],
    },
    [2, 7],
  );
  expect(first).toEqual({
    columns: [
      {
        name: "p",
        values: { type: "double", values: Float64Array.of(1.5, Number.NaN), isValid: Uint8Array.of(1, 1) },
      },
      { name: "b", values: { type: "boolean", values: Uint8Array.of(1, 0), isValid: VALID } },
      { name: "t", values: { type: "text", values: ["\ufeffüx", null] } },
    ],
  });
  const columns = first !== undefined && "columns" in first ? first.columns : [];
  const [p] = columns;
  expect(p?.values.type === "double" && p.values.values.buffer !== frame.buffer).toBe(true);
  expect(second).toEqual({ failure: { code: "trainer_threw", message: "ValueError: no", stack: null } });
});

test("an answer with fewer values than rows is refused whole", () => {
  const columns = [[{ name: "p", type: "double" as const, values: Float64Array.of(1, 2), valid: VALID }]];
  const answer = { id: 0, first: 0, count: 1, failures: [], columns };
  expect(() => predictionsOf(answer, [3])).toThrow('predictions named "p" are 2, for 3 rows');
});
