import { expect, test } from "vitest";
import { formatBytes, formatDuration, formatRate, formatShare } from "../../src/cli/format-unit.ts";

test.each([
  [0, "0 bytes"],
  [1, "1 byte"],
  [999, "999 bytes"],
  [1000, "1.00 kB"],
  [81_420, "81.4 kB"],
  [999_499, "999 kB"],
  [999_500, "1.00 MB"],
  [48_869_939, "48.9 MB"],
  [1.5e18, "1500 PB"],
])("%d bytes are %s", (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test.each([
  [0, "0 ms"],
  [38.4, "38 ms"],
  [99.6, "0.1 s"],
  [640, "0.6 s"],
  [9949, "9.9 s"],
  [9950, "10 s"],
  [59_499, "59 s"],
  [59_500, "1 min 00 s"],
  [185_000, "3 min 05 s"],
  [3_599_400, "59 min 59 s"],
  [3_599_500, "1 h 00 min"],
  [7_620_000, "2 h 07 min"],
])("%d ms are %s", (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

test("rates have a decimal only where they are small", () => {
  expect([0.42, 9.94, 9.96, 98_123.4].map(formatRate)).toEqual(["0.4", "9.9", "10", "98,123"]);
});

test("only nothing is 0 % and only everything is 100 %", () => {
  expect([0, 0.001, 0.5, 0.9999, 1].map(formatShare)).toEqual(["0 %", "1 %", "50 %", "99 %", "100 %"]);
});
