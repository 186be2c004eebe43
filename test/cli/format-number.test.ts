import { describe, expect, test } from "vitest";
import { formatColumn, formatCount, formatNumber, formatQuantity } from "../../src/cli/format-number.ts";

describe("a number", () => {
  test.each([
    [null, "–"],
    [0, "0"],
    [-0, "0"],
    [1, "1"],
    [-0.0458313, "-0.045831"],
    [0.27533, "0.27533"],
    [132.1997, "132.2"],
    [1952, "1952"],
    [-1067.859, "-1067.9"],
    [12_345.678, "12,346"],
    [-1_234_567.8, "-1,234,568"],
    [999_999_999, "999,999,999"],
    [1e9, "1e+9"],
    [1.23456789e12, "1.2346e+12"],
    [0.0001, "0.0001"],
    [0.00009, "9e-5"],
    [2.53034e-9, "2.5303e-9"],
    [5e-324, "4.9407e-324"],
    [Number.NaN, "NaN"],
    [Number.NEGATIVE_INFINITY, "-Infinity"],
  ])("%d is shown as %s", (value, text) => {
    expect(formatNumber(value)).toBe(text);
  });
});

describe("the numbers of a column", () => {
  test.each([
    ["have the decimals of the largest", [1.5, 22.25, -3], ["1.500", "22.250", "-3.000"]],
    ["have more where the smallest needs them", [0.00185523, 0.05983], ["0.001855", "0.059830"]],
    ["have none where all are whole", [1, 12_345, -7], ["1", "12,345", "-7"]],
    ["have forms of their own where sizes are far apart", [1e-3, 1e4], ["0.001", "10,000"]],
    ["have forms of their own where one is tiny", [1e-12, 1], ["1e-12", "1"]],
    ["may be missing, zero or infinite", [null, 0, Infinity, 2.5], ["–", "0.0000", "Infinity", "2.5000"]],
    ["may all be missing", [null, null], ["–", "–"]],
    ["may all be zero", [0, 0], ["0", "0"]],
    ["may be none at all", [], []],
  ])("%s", (_, values, texts) => {
    expect(formatColumn(values)).toEqual(texts);
  });

  test("of a long column are read without recursion or a spread", () => {
    const values = Array.from({ length: 300_000 }, (_, i) => i + 0.5);
    expect(formatColumn(values)).toHaveLength(300_000);
  });
});

test("counts have separators of thousands", () => {
  expect([0, 187, 3313, 1e7].map(formatCount)).toEqual(["0", "187", "3,313", "10,000,000"]);
});

test("quantities agree with their number", () => {
  expect([0, 1, 2].map((count) => formatQuantity(count, "row"))).toEqual(["0 rows", "1 row", "2 rows"]);
});
