import { describe, expect, test } from "vitest";
import { type NdjsonColumn, parsePlainNdjson } from "../../src/source/text/plain-ndjson.ts";
import type { NumberValues } from "../../src/table/column.ts";
import { Table } from "../../src/table/table.ts";

const X: readonly NdjsonColumn[] = [{ name: "x", type: "double", hasValidity: true }];
const T: readonly NdjsonColumn[] = [{ name: "t", type: "text", hasValidity: true }];
const B: readonly NdjsonColumn[] = [{ name: "b", type: "boolean", hasValidity: true }];

function parse(text: string | Uint8Array, columns = X) {
  return parsePlainNdjson(typeof text === "string" ? Buffer.from(text) : text, columns);
}

function numbersOf(text: string, columns = X): NumberValues {
  const parsed = parse(text, columns);
  if (!("rowCount" in parsed)) throw new Error(JSON.stringify(parsed));
  return parsed.columns[0] as NumberValues;
}

function textsOf(text: string): (string | null)[] {
  const parsed = parse(text, T);
  if (!("rowCount" in parsed)) throw new Error(JSON.stringify(parsed));
  return new Table([{ name: "t", type: "text" }], parsed).texts("t");
}

describe("the plain NDJSON reader reads", () => {
  test("numbers, NULL where a field is null or absent, and passes over all others", () => {
    const { values, isValid } = numbersOf(
      '{"x":1,"a":[1,{"x":9}]}\n{"a":"x","x":-2.5e3}\r\n { "x" : null }\n{}\n{"a":{"x":7}}\n{"x":0.1}',
    );
    expect([...values]).toEqual([1, -2500, Number.NaN, Number.NaN, Number.NaN, 0.1]);
    expect(isValid).toEqual(Uint8Array.of(1, 1, 0, 0, 0, 1));
    const [untold] = [{ name: "x", type: "double", hasValidity: false } as const];
    expect(numbersOf('{"x":null}\n', [untold]).isValid).toBeNull();
  });

  test("truth values as 1 and 0", () => {
    const { values, isValid } = numbersOf('{"b":true}\n{"b":false}\n{"b":null}\n', B);
    expect([...values]).toEqual([1, 0, Number.NaN]);
    expect(isValid).toEqual(Uint8Array.of(1, 1, 0));
  });

  test("texts, with their escapes, and tells the empty one from NULL", () => {
    const lines = ['{"t":"Größe"}', '{"t":"\\u00e9\\ud83d\\ude00\\n\\"\\/"}', '{"t":""}', '{"t":null}', "{}"];
    expect(textsOf(lines.join("\n"))).toEqual(["Größe", 'é😀\n"/', "", null, null]);
  });

  test("more rows than the first line's length led to expect", () => {
    const lines = Array.from({ length: 3000 }, (_, i) => `{"x":${i}}`);
    const { values } = numbersOf(`{"x":-1,"t":"${"x".repeat(900)}"}\n${lines.join("\n")}\n`);
    expect(values).toEqual(Float64Array.of(-1, ...lines.keys()));
  });
});

describe("the plain NDJSON reader declines", () => {
  test.each<[string, string | Uint8Array, string]>([
    ["no bytes", "", "it is empty"],
    ["latin-1", Buffer.from('{"x":"é"}\n', "latin1"), "it is not UTF-8 text"],
    ["a byte order mark", '\ufeff{"x":1}\n', "line 1 does not begin with an object"],
    ["an empty line", '{"x":1}\n\n{"x":2}\n', "line 2 does not begin with an object"],
    ["a list", "[1]\n", "line 1 does not begin with an object"],
    ["a word", "null\n", "line 1 does not begin with an object"],
    ["two objects in a line", '{"x":1}{"x":2}\n', "line 1 has something behind its object"],
    ["an object of two lines", '{"x":1,\n"y":2}\n', "line 1 has a name that is not plain JSON"],
    ["an object that does not end", '{"x":1\n', "line 1 is not plain JSON"],
    ["a comma at the end", '{"x":1,}\n', "line 1 has a comma before its end"],
    ["a name twice", '{"x":1,"x":2}\n', 'line 1 has "x" twice'],
    ["a name in capitals", '{"X":1}\n', "line 1 has a name that differs from a column's in its case"],
    ["a name with an escape", '{"\\u0078":1}\n', "line 1 has a name with an escape"],
    ["a bad escape that nobody reads", '{"y":"\\q"}\n', "line 1 has a text that is not plain JSON"],
    ["a bad value that nobody reads", '{"y":01}\n', "line 1 has a value that is not plain JSON"],
    ["a bad list that nobody reads", '{"y":[1,]}\n', "line 1 has a value that is not plain JSON"],
    ["a line longer than 1 MB", `{"y":"${"x".repeat(1_000_001)}"}\n`, "line 1 is longer than 1 MB"],
  ])("%s", (_, text, declined) => {
    expect(parse(text)).toEqual({ declined });
  });

  test.each(['"5"', "true", "{}", "[1]", "9007199254740992", "-0", "1e400", "1e-400", "0e5"])(
    "%s as a number",
    (value) => {
      expect(parse(`{"x":${value}}\n`)).toEqual({ declined: 'line 1 has a value in "x" that is not plain' });
    },
  );

  test.each(["NaN", "Infinity", "+5", ".5", "5.", "007", "0x1f", "1e", "nul"])("%s as anything", (value) => {
    for (const columns of [X, T, B]) expect(parse(`{"x":${value}}\n`, columns)).toHaveProperty("declined");
  });

  test.each(["5", "true", "{}", '"\\ud83d"', '"\\u0000"'])("%s as a text", (value) => {
    expect(parse(`{"t":${value}}\n`, T)).toEqual({ declined: 'line 1 has a value in "t" that is not plain' });
  });

  test.each(["0", '"true"', '"x"'])("%s as a truth value", (value) => {
    expect(parse(`{"b":${value}}\n`, B)).toEqual({ declined: 'line 1 has a value in "b" that is not plain' });
  });

  test("much text", () => {
    expect(parse(Buffer.alloc(2 ** 24 + 1, '{"x":1}\n'))).toEqual({ declined: "it is large" });
  });
});
