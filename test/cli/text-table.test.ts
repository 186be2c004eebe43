import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { COLOUR_STYLE, PLAIN_STYLE } from "../../src/cli/style.ts";
import { notedLines, textTable } from "../../src/cli/text-table.ts";
import { cutText, padText, textWidth } from "../../src/cli/text-width.ts";

const COLUMNS = [{ title: "country" }, { title: "r2", align: "right" }] as const;
const plain = { width: 80, style: PLAIN_STYLE };

describe("a table", () => {
  test("has text to the left and numbers to the right", () => {
    expect(
      textTable(
        COLUMNS,
        [
          ["Rwanda", "0.017"],
          ["Cape Verde", "12"],
        ],
        plain,
      ).lines,
    ).toEqual(["  country        r2", "  Rwanda      0.017", "  Cape Verde     12"]);
  });

  test("without rows has its titles", () => {
    expect(textTable(COLUMNS, [], { ...plain, indent: 0 }).lines).toEqual(["country  r2"]);
  });

  test("counts wide characters as two cells and marks as none", () => {
    const { lines } = textTable(
      COLUMNS,
      [
        ["日本", "1"],
        ["e\u0301t", "2"],
        ["abcdefg", "3"],
      ],
      { ...plain, indent: 0 },
    );
    expect(lines).toEqual(["country  r2", "日本      1", "e\u0301t        2", "abcdefg   3"]);
  });

  test("cuts the widest text where there is no room, and never a number", () => {
    const long = "The Federation of Saint Christopher and Nevis";
    const { lines, hidden } = textTable(COLUMNS, [[long, "123456789"]], { ...plain, width: 32 });
    expect(lines[1]).toBe("  The Federation of…   123456789");
    expect(hidden).toEqual([]);
  });

  test("leaves out the last columns where cutting is not enough, and says which", () => {
    const columns = [...COLUMNS, { title: "sigma", align: "right" as const }, { title: "note" }];
    const { lines, hidden } = textTable(columns, [["Rwanda", "0.0171600", "1234567", "x"]], {
      ...plain,
      width: 20,
    });
    expect(lines).toEqual(["  country         r2", "  Rwanda   0.0171600"]);
    expect(hidden).toEqual(["sigma", "note"]);
  });

  test("is as wide as it wants to be where lines have no end", () => {
    const cell = "x".repeat(10_000);
    expect(
      textTable(COLUMNS, [[cell, "1"]], { ...plain, width: Number.POSITIVE_INFINITY }).lines[1],
    ).toContain(cell);
  });

  test("never has a line wider than the width, and has all of its rows", () => {
    const cell = fc.string({ maxLength: 40, unit: fc.constantFrom("a", "é", "語", "\u0301", "😀") });
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell, cell)), fc.integer({ min: 1, max: 90 }), (rows, width) => {
        const columns = [{ title: "a" }, { title: "b" }, { title: "c" }];
        const { lines } = textTable(columns, rows, { width, style: PLAIN_STYLE, indent: 0 });
        expect(lines).toHaveLength(rows.length + 1);
        for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(width);
      }),
    );
  });

  test("names below what it has no room for, where that is asked", () => {
    const wide = [...COLUMNS, { title: "rows", align: "right" }] as const;
    const layout = { ...plain, width: 18 };
    const table = textTable(wide, [["Rwanda", "0.017", "12"]], layout);
    expect(notedLines(table, layout)).toEqual([
      "  country     r2",
      "  Rwanda   0.017",
      "  no room for: rows",
    ]);
    expect(notedLines(textTable(wide, [["Rwanda", "0.017", "12"]], plain), plain)).toHaveLength(2);
  });

  test("colours its titles only", () => {
    const { lines } = textTable(COLUMNS, [["a", "1"]], { width: 80, style: COLOUR_STYLE });
    expect(lines).toEqual(["\u001b[2m  country  r2\u001b[22m", "  a         1"]);
  });
});

describe("text", () => {
  test.each([
    ["", 0],
    ["abc", 3],
    ["\u001b[31mred\u001b[39m", 3],
    ["日本語", 6],
    ["한국", 4],
    ["e\u0301", 1],
    ["ｆｕｌｌ", 8],
    ["😀", 2],
    ["a\u200db", 2],
    ["– …█▌", 5],
  ])("%j takes %i cells", (text, cells) => {
    expect(textWidth(text)).toBe(cells);
  });

  test("is cut between characters and fits", () => {
    expect([0, 1, 2, 3, 4, 5, 6].map((width) => cutText("日本語", width))).toEqual([
      ...["", "…", "…", "日…", "日…", "日本…", "日本語"],
    ]);
  });

  test("is padded by cells", () => {
    expect([padText("日", 4), padText("日", 4, "right"), padText("abc", 2)]).toEqual(["日  ", "  日", "abc"]);
  });
});
