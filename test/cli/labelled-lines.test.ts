import fc from "fast-check";
import { expect, test } from "vitest";
import { foldText, labelledLines, packWords } from "../../src/cli/labelled-lines.ts";
import { PLAIN_STYLE } from "../../src/cli/style.ts";

test("labels and texts stand below each other, and what does not fit goes on below its text", () => {
  const entries = [
    ["on", "local"],
    ["source", "one two three four five six seven"],
  ] as const;
  expect(labelledLines(entries, { width: 34, style: PLAIN_STYLE })).toEqual([
    "  on      local",
    "  source  one two three four five",
    "          six seven",
  ]);
});

test("a number stays with its unit", () => {
  expect(foldText("has 158 kB and 2 workers", 12)).toEqual(["has 158 kB", "and", "2 workers"]);
});

test("a word that is too long stands alone", () => {
  expect(foldText("a longer-than-that b", 6)).toEqual(["a", "longer-than-that", "b"]);
});

test("folding loses nothing but spaces at breaks", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom("a", "1", " ", "語") }),
      fc.integer({ min: 1, max: 20 }),
      (text, width) => {
        expect(foldText(text, width).join(" ")).toBe(text);
      },
    ),
  );
});

test("facts are packed into lines, without a separator where a line breaks", () => {
  expect(packWords(["184 fitted", "3 rows", "0.6 s"], " · ", 20)).toEqual(["184 fitted · 3 rows", "0.6 s"]);
  expect(packWords(["a", "b"], " · ", Number.POSITIVE_INFINITY)).toEqual(["a · b"]);
});
