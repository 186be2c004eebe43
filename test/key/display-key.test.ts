import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { displayKey, displayKeyValue } from "../../src/key/display-key.ts";
import type { KeyType, KeyValue } from "../../src/key/key-type.ts";
import { keyValueToJson } from "../../src/key/key-value-to-json.ts";
import { parseKeyValue } from "../../src/key/parse-key-value.ts";
import { quoteText } from "../../src/key/quote-text.ts";
import { canonicalValue, KEY_TYPES, textArbitrary, values } from "./key-arbitrary.ts";

describe("display of a key", () => {
  test("names its fields and values on one line", () => {
    const fields = [
      { name: "store", type: "integer" },
      { name: "item", type: "text" },
      { name: "valid, from", type: "date" },
    ] as const;
    expect(displayKey(fields, [17, "a", 15_736])).toBe('store=17, item=a, "valid, from"=2013-01-31');
    expect(displayKey(fields, [null, "NULL", null])).toBe('store=NULL, item="NULL", "valid, from"=NULL');
  });

  test("of a pooled run says that it is of all rows", () => {
    expect(displayKey([], [])).toBe("all rows");
    expect(displayKey([{ name: "a", type: "text" }], ["all rows"])).toBe('a="all rows"');
  });

  test.each<[KeyType, string, KeyValue]>([
    ["boolean", "true", true],
    ["integer", "-17", -17],
    ["integer", "9223372036854775807", 2n ** 63n - 1n],
    ["decimal(9,2)", "12.50", 1250],
    ["decimal(9,2)", "-0.05", -5],
    ["decimal(9,0)", "7", 7],
    ["decimal(38,38)", `-0.${"9".repeat(38)}`, -(10n ** 38n) + 1n],
    ["double", "0.1", 0.1],
    ["double", "0", -0],
    ["double", "1e+21", 1e21],
    ["double", "NaN", Number.NaN],
    ["double", "-Infinity", Number.NEGATIVE_INFINITY],
    ["text", "Zürich", "Zürich"],
    ["text", '""', ""],
    ["text", '"New York"', "New York"],
    ["text", '"a,b"', "a,b"],
    ["text", '"say \\"hi\\""', 'say "hi"'],
    ["text", '"O\'Hare"', "O'Hare"],
    ["text", '"a\\nb\\u0000"', "a\nb\u0000"],
    ["text", '"a\\u202eb"', "a\u202eb"],
    ["text", '"a\\u00a0b"', "a\u00a0b"],
    ["text", '"a\\udb40\\udc01"', "a\u{e0001}"],
    ["text", "C:\\data", "C:\\data"],
    ["text", '"\\ud800"', "\ud800"],
    ["blob", "0x00ff", Uint8Array.of(0, 255)],
    ["blob", "0x", new Uint8Array(0)],
    ["timestamp", "2013-01-31T05:00:00", 1_359_608_400_000_000],
    ["timestamptz", "2013-01-31T05:00:00.000001Z", 1_359_608_400_000_001],
    ["timestamp_ns", "2013-01-31T05:00:00.000000001", 1_359_608_400_000_000_001n],
  ])("shows a %s as %s", (type, shown, value) => {
    expect(displayKeyValue(type, value)).toBe(shown);
  });

  test("cuts long values between characters and says so", () => {
    expect(quoteText("a".repeat(80))).toBe("a".repeat(80));
    expect(quoteText("a".repeat(81))).toBe(`"${"a".repeat(80)}"…`);
    expect(quoteText("😀".repeat(50))).toBe(`"${"😀".repeat(40)}"…`);
    expect(quoteText("\u0001".repeat(20))).toBe(`"${"\\u0001".repeat(13)}"…`);
    expect(displayKeyValue("blob", new Uint8Array(41))).toBe(`0x${"00".repeat(40)}…`);
    expect(displayKeyValue("text", "long ".repeat(1e6)).length).toBeLessThan(85);
  });

  test("never has a character that is not seen or breaks the line, and stays short", () => {
    const name = textArbitrary.filter((text) => text !== "");
    const key = fc.array(
      fc
        .tuple(name, fc.constantFrom(...KEY_TYPES))
        .chain(([n, type]) => values(type).map((value) => ({ field: { name: n, type }, value }))),
      { minLength: 1, maxLength: 3 },
    );
    fc.assert(
      fc.property(key, (columns) => {
        const shown = displayKey(
          columns.map(({ field }) => field),
          columns.map(({ value }) => value),
        );
        expect([...shown].filter(isUnseen)).toEqual([]);
        expect(shown.length).toBeLessThan(columns.length * 175);
      }),
    );
  });
});

describe.each(KEY_TYPES)("text of a key of type %s", (type) => {
  test("is read back as the value it shows", () => {
    fc.assert(
      fc.property(values(type), (value) => {
        const shown = displayKeyValue(type, value);
        fc.pre(!shown.endsWith('"…'));
        expect(parseKeyValue(type, shown)).toEqual({ value: canonicalValue(value) });
      }),
    );
  });

  test("in JSON is read back too, and survives JSON", () => {
    fc.assert(
      fc.property(values(type), (value) => {
        const json = keyValueToJson(type, value);
        expect(JSON.parse(JSON.stringify(json))).toEqual(json);
        // Text in JSON stands for itself; only a command line has to tell `NULL` and quoted text apart.
        if (type === "text") expect(json).toBe(value);
        else if (json !== null)
          expect(parseKeyValue(type, String(json))).toEqual({ value: canonicalValue(value) });
      }),
    );
  });
});

/** Whether a character is a control or format character, or a space other than the plain one. */
function isUnseen(character: string): boolean {
  const code = character.codePointAt(0)!;
  const ranges = [
    [0x00, 0x1f],
    [0x7f, 0xa0],
    [0xad, 0xad],
    [0x2000, 0x200f],
    [0x2028, 0x202f],
    [0x205f, 0x206f],
    [0x3000, 0x3000],
    [0xd800, 0xf8ff],
    [0xfeff, 0xfeff],
    [0xe0000, 0xe007f],
  ] as const;
  return ranges.some(([first, last]) => code >= first && code <= last);
}
