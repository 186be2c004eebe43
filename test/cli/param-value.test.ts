import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { withExactNumbers } from "../../src/cli/exact-json.ts";
import { parseParamValue } from "../../src/cli/param-value.ts";
import type { JsonValue } from "../../src/index.ts";

describe("the value of a param", () => {
  test.each<[string, JsonValue]>([
    ["0.1", 0.1],
    ["-3", -3],
    ["1e3", 1000],
    ["true", true],
    ["null", null],
    ["[1, 2]", [1, 2]],
    ['{"a": [true]}', { a: [true] }],
    ['"0.1"', "0.1"],
    ["ridge", "ridge"],
    ["True", "True"],
    ["0x10", "0x10"],
    [".5", ".5"],
    ["[1, 2", "[1, 2"],
    ["a=b", "a=b"],
    ["", ""],
    ["2024-01-01", "2024-01-01"],
    ["9007199254740991", 9007199254740991],
    ['"9007199254740993"', "9007199254740993"],
  ])("%s is read as %o", (text, value) => {
    expect(parseParamValue("p", text)).toEqual(value);
  });

  test("is whatever JSON was written", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = withExactNumbers(JSON.stringify(value));
        expect(parseParamValue("p", text)).toEqual(JSON.parse(text));
      }),
    );
  });

  test.each([
    ["1e999", ""],
    ["-1e999", ""],
    ["[1e999]", "in which /0 is 1e999, "],
    ['{"a": [1, 1e400]}', "in which /a/1 is 1e400, "],
    ["9007199254740993", ""],
    ["-123456789012345678901", ""],
    ["[1, 9007199254740993]", "in which /1 is 9007199254740993, "],
  ])("%s is refused, because another number would take its place", (text, place) => {
    expect(() => parseParamValue("p", text)).toThrow(`--param p is ${text}, ${place}a number beyond`);
  });

  test("with one name twice is refused, because only the last would be taken", () => {
    expect(() => parseParamValue("p", '{"a": 1, "a": 2}')).toThrow("/a is there twice");
  });
});
