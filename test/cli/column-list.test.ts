import fc from "fast-check";
import { expect, test } from "vitest";
import { parseColumnList } from "../../src/cli/column-list.ts";

test.each([
  ["a", ["a"]],
  ["a,b", ["a", "b"]],
  ["a, b c ,d", ["a", "b c", "d"]],
  ['"a,b"', ["a,b"]],
  ['"a,b",c', ["a,b", "c"]],
  ['a, "b, c" ,d', ["a", "b, c", "d"]],
  ['"the ""q"""', ['the "q"']],
  ['" padded "', [" padded "]],
])("%s names %j", (text, names) => {
  expect(parseColumnList("--by", text)).toEqual(names);
});

test("any names can be written", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ minLength: 1 }), { minLength: 1 }), (names) => {
      const text = names.map((name) => `"${name.replaceAll('"', '""')}"`).join(",");
      expect(parseColumnList("--by", text)).toEqual(names);
    }),
  );
});

test.each([
  ["", '--by is "", in which a name is empty'],
  ["a,", '--by is "a,", in which a name is empty'],
  ["a,,b", '--by is "a,,b", in which a name is empty'],
  ['""', "in which a name is empty"],
  ['"a', '--by is "a, whose quotes do not match'],
  ['"a"b', '--by is "a"b, whose quotes do not match'],
  ['a"b', "whose quotes do not match"],
])("%s is refused", (text, message) => {
  expect(() => parseColumnList("--by", text)).toThrow(message);
});
