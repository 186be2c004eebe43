import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { jsonLines } from "../../src/cli/json-lines.ts";
import { textWidth } from "../../src/cli/text-width.ts";
import type { JsonValue } from "../../src/index.ts";

function lines(value: JsonValue, width: number): string[] {
  return [...jsonLines(value, width)];
}

describe("JSON in lines", () => {
  test("is one line where it fits", () => {
    expect(lines({ slope: 1.5, terms: [1, null, "a"], empty: {}, none: [] }, 80)).toEqual([
      '{ "slope": 1.5, "terms": [1, null, "a"], "empty": {}, "none": [] }',
    ]);
    expect(lines("text", 80)).toEqual(['"text"']);
  });

  test("has a line for each value of an object that does not fit, and the numbers of a list share lines", () => {
    const value = {
      slope: 1.5,
      curve: [10, 20, 30, 40, 50, 60, 70],
      nested: { a: [1, 2] },
      pairs: [[1, 2], 3],
    };
    expect(lines(value, 24)).toEqual([
      "{",
      '  "slope": 1.5,',
      '  "curve": [',
      "    10, 20, 30, 40, 50,",
      "    60, 70",
      "  ],",
      '  "nested": {',
      '    "a": [1, 2]',
      "  },",
      '  "pairs": [[1, 2], 3]',
      "}",
    ]);
  });

  test("takes lists apart in which numbers stand beside objects", () => {
    expect(lines([1, 2, { name: "long enough" }, 3], 20)).toEqual([
      "[",
      "  1, 2,",
      "  {",
      '    "name": "long e…',
      "  },",
      "  3",
      "]",
    ]);
  });

  test("escapes what a terminal does not show as it is", () => {
    expect(lines({ "a\u202e": "\u001b[31m\u0085" }, 80)).toEqual(['{ "a\\u202e": "\\u001b[31m\\u0085" }']);
  });

  test("is no more computed than asked for", () => {
    const last = {
      get value(): JsonValue {
        throw new Error("read to the end");
      },
    };
    const list = [...Array.from({ length: 100 }, (_, i) => ({ i, text: "x".repeat(90) })), last];
    const generator = jsonLines(list, 80);
    const first = Array.from({ length: 10 }, () => generator.next().value);
    expect(first[0]).toBe("[");
    expect(() => [...generator]).toThrow("read to the end");
  });

  test("together they are the value, and no line is wider than told", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.integer({ min: 5, max: 120 }), (value, width) => {
        const all = lines(value as JsonValue, width);
        for (const line of all) expect(textWidth(line)).toBeLessThanOrEqual(width);
        const text = all.join("\n");
        // What was cut is no JSON any more.
        if (!text.includes("…")) expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});
