import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { KeyType, KeyValue } from "../../src/key/key-type.ts";
import { keyValueToJson } from "../../src/key/key-value-to-json.ts";
import { parseKeyValue } from "../../src/key/parse-key-value.ts";
import { KEY_TYPES } from "./key-arbitrary.ts";

describe("parse key value", () => {
  test.each<[KeyType, string, KeyValue]>([
    ["boolean", "TRUE", true],
    ["integer", "+17", 17],
    ["integer", "007", 7],
    ["integer", "-0", 0],
    ["integer", "9007199254740992", 2n ** 53n],
    ["integer", "-9223372036854775808", -(2n ** 63n)],
    ["hugeint", "340282366920938463463374607431768211455", 2n ** 128n - 1n],
    ["decimal(4,2)", "1.5", 150],
    ["decimal(4,2)", "-.5", -50],
    ["decimal(4,2)", "7.", 700],
    ["decimal(4,2)", "1.5000", 150],
    ["decimal(4,2)", "-0.00", 0],
    ["double", "-2.5e-3", -0.0025],
    ["double", ".5", 0.5],
    ["double", "-0", 0],
    ["double", "nan", Number.NaN],
    ["double", "-inf", Number.NEGATIVE_INFINITY],
    ["double", "+Infinity", Number.POSITIVE_INFINITY],
    ["text", "17", "17"],
    ["text", "null", "null"],
    ["text", '"NULL"', "NULL"],
    ["text", "New York, NY", "New York, NY"],
    ["text", '"a\\u0000b"', "a\0b"],
    ["text", "", ""],
    ["text", 'say "hi"', 'say "hi"'],
    ["blob", "0x00FF", Uint8Array.of(0, 255)],
    ["blob", "00ff", Uint8Array.of(0, 255)],
    ["blob", "", new Uint8Array(0)],
    ["date", "2013-01-31", 15_736],
    ["timestamp", "2013-01-31T05:00:00", 1_359_608_400_000_000],
    ["timestamp_ns", "2013-01-31 05:00:00.000000001", 1_359_608_400_000_000_001n],
    ["timestamptz", "2013-01-31T06:00:00+01:00", 1_359_608_400_000_000],
  ])("reads %s from %j", (type, text, value) => {
    expect(parseKeyValue(type, text)).toEqual({ value });
  });

  test.each(KEY_TYPES)("reads NULL of type %s", (type) => {
    expect(parseKeyValue(type, "NULL")).toEqual({ value: null });
  });

  test.each<[KeyType, string, string]>([
    ["boolean", "yes", "write true or false"],
    ["integer", "1.0", "whole number"],
    ["integer", "0x10", "whole number"],
    ["integer", "1 000", "whole number"],
    ["integer", "", "whole number"],
    ["integer", "9223372036854775808", "to 9223372036854775807"],
    ["hugeint", "340282366920938463463374607431768211456", "whole number"],
    ["decimal(4,2)", "1.501", "at most 2 digits, then at most 2 after a point"],
    ["decimal(4,2)", "100", "at most 2 digits"],
    ["decimal(4,2)", ".", "at most 2 digits"],
    ["decimal(4,2)", "", "at most 2 digits"],
    ["decimal(4,2)", "1e2", "at most 2 digits"],
    ["double", "1,5", "a number"],
    ["double", "0x10", "a number"],
    ["double", " 1", "a number"],
    ["double", "1e999", "a number"],
    ["double", "", "a number"],
    ["text", '"open', "JSON string"],
    ["text", '"cut"…', "JSON string"],
    ["text", '"a" b', "JSON string"],
    ["text", "\ud800", "JSON string"],
    ["text", '"\\ud800"', "JSON string"],
    ["blob", "0", "hexadecimal"],
    ["blob", "xyz1", "hexadecimal"],
    ["date", "2013-02-29", "2013-01-31"],
    ["timestamp", "2013-01-31T05:00:00Z", "no time zone"],
    ["timestamp", "2013-01-31T05:00:00.0000001", "at most 6 digits"],
    ["timestamp_ns", "2300-01-01", "at most 9 digits"],
    ["timestamptz", "now", "offset"],
  ])("refuses %s from %j and says what to write", (type, text, advice) => {
    const parsed = parseKeyValue(type, text);
    expect(parsed).toHaveProperty("problem");
    if ("problem" in parsed) {
      expect(parsed.problem).toContain(`is not a key of type ${type}: `);
      expect(parsed.problem).toContain(advice);
    }
  });

  test("never throws, and never gives a value that the type does not have", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...KEY_TYPES),
        fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(..."0123456789+-.:TZe") })),
        (type, text) => {
          const parsed = parseKeyValue(type, text);
          if ("value" in parsed) keyValueToJson(type, parsed.value);
          else expect(parsed.problem).not.toBe("");
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe("key value to JSON", () => {
  test.each<[KeyType, unknown, KeyValue]>([
    ["integer", 17, 17],
    ["integer", 17, 17n],
    ["integer", 2 ** 53 - 1, 2n ** 53n - 1n],
    ["integer", "9007199254740992", 2n ** 53n],
    ["hugeint", "-170141183460469231731687303715884105728", -(2n ** 127n)],
    ["decimal(9,2)", "12.50", 1250],
    ["double", 1.5, 1.5],
    ["double", 0, -0],
    ["double", "NaN", Number.NaN],
    ["double", "-Infinity", Number.NEGATIVE_INFINITY],
    ["boolean", false, false],
    ["text", "NULL", "NULL"],
    ["blob", "00ff", Uint8Array.of(0, 255)],
    ["date", "2013-01-31", 15_736],
    ["timestamptz", "2013-01-31T05:00:00Z", 1_359_608_400_000_000],
    ["text", null, null],
  ])("writes a %s as %j", (type, json, value) => {
    expect(keyValueToJson(type, value)).toBe(json);
  });

  test("refuses a value of another type", () => {
    expect(() => keyValueToJson("integer", "17")).toThrow(
      'key value of type integer: found text "17", must be an integer',
    );
  });
});
