import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { jsonText } from "../../src/cli/json-text.ts";
import { cellText, lineText } from "../../src/cli/safe-text.ts";
import { shellQuote } from "../../src/cli/shell-quote.ts";

/** What must never reach a terminal from a user's data. */
const DANGEROUS = /[\p{Cc}\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;

const hostile = fc.string({
  unit: fc.constantFrom(
    "a",
    " ",
    '"',
    "'",
    "\\",
    "\n",
    "\r",
    "\t",
    "\u001b",
    "\u009b",
    "\u202e",
    "\u2028",
    "\0",
    "語",
    "😀",
  ),
});

describe("a cell", () => {
  test.each([
    ["Rwanda", "Rwanda"],
    ["Sao Tome, Principe", "Sao Tome, Principe"],
    ['the "q"', 'the "q"'],
    ["", '""'],
    ["NULL", '"NULL"'],
    [" a", '" a"'],
    ['"a"', '"\\"a\\""'],
    ["a\nb", '"a\\nb"'],
    ["\u001b[31mred", '"\\u001b[31mred"'],
    ["\u202eevil", '"\\u202eevil"'],
  ])("of %j is %s", (text, cell) => {
    expect(cellText(text)).toBe(cell);
  });
});

test("nothing dangerous passes a cell, a line, JSON or a quoted argument", () => {
  fc.assert(
    fc.property(hostile, (text) => {
      for (const shown of [cellText(text), lineText(text), jsonText(text), shellQuote(text)]) {
        expect(shown).not.toMatch(DANGEROUS);
      }
      expect(JSON.parse(jsonText({ [text]: text }, 2))).toEqual({ [text]: text });
    }),
  );
});

test("a message becomes one line", () => {
  expect(lineText("Parser Error: no\n\nLINE 1: selec\n")).toBe("Parser Error: no LINE 1: selec");
});
