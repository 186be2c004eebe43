import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ManyfitError } from "../../src/errors.ts";
import { decodeKey } from "../../src/key/decode-key.ts";
import { hexFromBytes, parseHex } from "../../src/key/hex-text.ts";
import { encodeKey } from "../../src/key/key-list-builder.ts";
import { compareKeyBytes } from "../../src/key/key-order.ts";
import type { KeyType, KeyValue } from "../../src/key/key-type.ts";
import {
  canonicalValue,
  compareValues,
  KEY_TYPES,
  keysArbitrary,
  presentValues,
  values,
} from "./key-arbitrary.ts";

function codeOf(run: () => unknown): { readonly code: string; readonly message: string } {
  try {
    run();
  } catch (error) {
    if (error instanceof ManyfitError) return { code: error.code, message: error.message };
    throw error;
  }
  return { code: "none", message: "" };
}

describe.each(KEY_TYPES)("a key of type %s", (type) => {
  test("is decoded to the value it was made of", () => {
    fc.assert(
      fc.property(values(type), (value) => {
        expect(decodeKey([type], encodeKey([type], [value]))).toEqual([canonicalValue(value)]);
      }),
    );
  });

  test("is ordered by its bytes as by its value", () => {
    fc.assert(
      fc.property(values(type), values(type), (a, b) => {
        const order = compareKeyBytes(encodeKey([type], [a]), encodeKey([type], [b]));
        expect(Math.sign(order)).toBe(Math.sign(compareValues(type, a, b)));
      }),
      { numRuns: 500 },
    );
  });

  test("is refused by a decoder of another type, unless that is a type of the same family", () => {
    const families = [
      ["integer", "hugeint"],
      KEY_TYPES.filter((other) => other.startsWith("decimal")),
      ["timestamp", "timestamp_ns"],
    ];
    const family = families.find((members) => members.includes(type)) ?? [type];
    fc.assert(
      fc.property(presentValues(type), fc.constantFrom(...KEY_TYPES), (value, other) => {
        fc.pre(!family.includes(other));
        expect(codeOf(() => decodeKey([other], encodeKey([type], [value]))).code).toBe("internal");
      }),
    );
  });
});

describe("keys of several columns", () => {
  test("are ordered by their first columns first", () => {
    fc.assert(
      fc.property(keysArbitrary, ({ types, rows }) => {
        for (const a of rows)
          for (const b of rows) {
            const expected =
              types.map((type, i) => compareValues(type, a[i]!, b[i]!)).find((c) => c !== 0) ?? 0;
            const found = compareKeyBytes(encodeKey(types, a), encodeKey(types, b));
            expect(Math.sign(found)).toBe(Math.sign(expected));
          }
      }),
    );
  });

  test("are never the beginning of another key of the same types", () => {
    fc.assert(
      fc.property(keysArbitrary, ({ types, rows }) => {
        const keys = rows.map((row) => encodeKey(types, row));
        for (const a of keys)
          for (const b of keys)
            if (a.length < b.length) expect(compareKeyBytes(a, b.subarray(0, a.length))).not.toBe(0);
      }),
    );
  });

  test("end with their last value: more bytes and fewer bytes are refused", () => {
    fc.assert(
      fc.property(keysArbitrary, fc.nat(), ({ types, rows }, cut) => {
        for (const row of rows) {
          const key = encodeKey(types, row);
          expect(codeOf(() => decodeKey(types, Uint8Array.of(...key, 1))).code).toBe("internal");
          if (key.length === 0) continue;
          expect(codeOf(() => decodeKey(types, key.subarray(0, cut % key.length))).code).toBe("internal");
        }
      }),
    );
  });
});

describe("equal values", () => {
  test("have equal bytes as integer and as hugeint", () => {
    fc.assert(
      fc.property(values("integer"), (value) => {
        expect(encodeKey(["integer"], [value])).toEqual(encodeKey(["hugeint"], [value]));
      }),
    );
  });

  test("have equal bytes as number and as bigint", () => {
    fc.assert(
      fc.property(
        fc.constantFrom<KeyType>(
          "integer",
          "hugeint",
          "decimal(38,3)",
          "timestamp",
          "timestamp_ns",
          "timestamptz",
        ),
        fc.maxSafeInteger(),
        (type, value) => {
          expect(encodeKey([type], [value])).toEqual(encodeKey([type], [BigInt(value)]));
        },
      ),
    );
  });

  test("have equal bytes in decimals of any scale that holds them", () => {
    fc.assert(
      fc.property(presentValues("decimal(18,18)"), fc.integer({ min: 0, max: 20 }), (unscaled, more) => {
        const wide = BigInt(unscaled as number) * 10n ** BigInt(more);
        const narrowKey = encodeKey(["decimal(18,2)"], [unscaled]);
        expect(encodeKey([`decimal(38,${2 + more})`], [wide])).toEqual(narrowKey);
        expect(decodeKey(["decimal(18,2)"], narrowKey)).toEqual([unscaled]);
      }),
    );
  });

  test("have equal bytes as timestamp and as timestamp_ns, and others as timestamptz", () => {
    fc.assert(
      fc.property(fc.integer({ min: -9e15, max: 9e15 }), (micros) => {
        const key = encodeKey(["timestamp"], [micros]);
        const nanos = BigInt(micros) * 1000n;
        expect(encodeKey(["timestamp_ns"], [nanos])).toEqual(key);
        expect(encodeKey(["timestamptz"], [micros])).not.toEqual(key);
        expect(encodeKey(["timestamp_ns"], [nanos + 1n])).not.toEqual(key);
      }),
    );
  });

  test("have equal bytes for every bit pattern of NaN", () => {
    const key = encodeKey(["double"], [Number.NaN]);
    for (const bits of [0x7ff0000000000001n, 0x7fffffffffffffffn, 0xfff8000000000000n, 0xffffffffffffffffn]) {
      const [nan] = new Float64Array(BigUint64Array.of(bits).buffer);
      expect(encodeKey(["double"], [nan!])).toEqual(key);
    }
  });

  test("of text are those of the same code points, not of the same look", () => {
    expect(encodeKey(["text"], ["é"])).not.toEqual(encodeKey(["text"], ["e\u0301"]));
  });
});

describe("values that have no key", () => {
  test("text with a lone surrogate is refused and named", () => {
    const { code, message } = codeOf(() => encodeKey(["text"], ["ab\ud800c"]));
    expect(code).toBe("unsupported_type");
    expect(message).toContain('"ab\\ud800c": has the lone surrogate \\ud800 at position 2');
    for (const text of ["\udc00", "\ud800", "\udc00\ud800", "\ud800\ud800\udc00"])
      expect(codeOf(() => encodeKey(["text"], [text])).code).toBe("unsupported_type");
  });

  test.each<[KeyType, KeyValue]>([
    ["boolean", 1],
    ["integer", "17"],
    ["integer", 1.5],
    ["integer", Number.NaN],
    ["integer", 2 ** 53],
    ["integer", 2n ** 63n],
    ["integer", -(2n ** 63n) - 1n],
    ["hugeint", 2n ** 128n],
    ["hugeint", -(2n ** 127n) - 1n],
    ["decimal(3,1)", 1000],
    ["decimal(3,1)", 1.5],
    ["decimal(39,1)", 1],
    ["decimal(3,4)", 1],
    ["double", 1n],
    ["text", 1],
    ["blob", "00"],
    ["date", 2 ** 31],
    ["date", 1n << 40n],
    ["timestamp", -(2n ** 63n)],
    ["timestamp_ns", 2n ** 63n],
    ["timestamptz", true],
  ])("%s %s is refused", (type, value) => {
    expect(codeOf(() => encodeKey([type], [value])).code).toBe("unsupported_type");
  });

  test("a key with another number of values than types is refused", () => {
    expect(codeOf(() => encodeKey(["integer", "text"], [1]))).toEqual({
      code: "invalid_option",
      message: "key has 1 values, must have 2, one per key column (integer, text)",
    });
  });
});

describe("bytes that are no key", () => {
  test.each<[KeyType, string]>([
    ["boolean", "0202"],
    ["integer", "038100"],
    ["integer", "037fff"],
    ["integer", "03918000000000000000000000000000000000"],
    ["integer", "0388ffffffffffffffff"],
    ["integer", "03787ffffffffffffffe"],
    ["integer", "0389010000000000000000"],
    ["hugeint", "03707ffffffffffffffffffffffffffffffe"],
    ["decimal(4,2)", "04c10000"],
    ["decimal(4,2)", "04c100"],
    ["decimal(4,2)", "04c11001"],
    ["decimal(4,2)", "04c1100100"],
    ["decimal(4,2)", "04c10200"],
    ["decimal(4,2)", "04c16500"],
    ["decimal(4,2)", "04c30b00"],
    ["decimal(4,2)", "04be0b00"],
    ["decimal(4,2)", "04e70b00"],
    ["decimal(38,0)", "049a0b00"],
    ["double", "057fffffffffffffff"],
    ["double", "05fff8000000000001"],
    ["double", "050007ffffffffffff"],
    ["text", "06610061"],
    ["text", "06ff0001"],
    ["text", "06eda0800001"],
    ["text", "06c0800001"],
    ["blob", "07000001"],
    ["date", "08800000"],
    ["timestamp", "0980000000000000000001"],
    ["timestamp", "09800000000000000003e8"],
    ["timestamp", "0900000000000000000000"],
    ["timestamp", "09ffffffffffffffff0001"],
    ["timestamp_ns", "09ffffffffffffffff0001"],
    ["timestamp_ns", "09fffffffffffffffe0000"],
    ["text", ""],
    ["text", "00"],
    ["text", "0b"],
  ])("%s %s is refused", (type, hex) => {
    const { code, message } = codeOf(() => decodeKey([type], parseHex(hex)!));
    expect(code).toBe("internal");
    expect(message).toContain(`key bytes ${hex} `);
  });

  test("a decoder gives back only keys whose bytes it was given", () => {
    const damaged = fc
      .tuple(fc.constantFrom(...KEY_TYPES), fc.nat(), fc.integer({ min: 0, max: 255 }))
      .chain(([type, place, byte]) => values(type).map((value) => ({ type, value, place, byte })));
    let decodedCount = 0;
    fc.assert(
      fc.property(damaged, ({ type, value, place, byte }) => {
        const bytes = encodeKey([type], [value]);
        bytes[place % bytes.length] = byte;
        let decoded: KeyValue[];
        try {
          decoded = decodeKey([type], bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(ManyfitError);
          return;
        }
        decodedCount++;
        expect(hexFromBytes(encodeKey([type], decoded))).toBe(hexFromBytes(bytes));
      }),
      { numRuns: 3000 },
    );
    expect(decodedCount).toBeGreaterThan(100);
  });
});
