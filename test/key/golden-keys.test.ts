import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { decodeKey } from "../../src/key/decode-key.ts";
import { hexFromBytes, parseHex } from "../../src/key/hex-text.ts";
import { KEY_VERSION } from "../../src/key/key-layout.ts";
import { encodeKey } from "../../src/key/key-list-builder.ts";
import type { KeyType, KeyValue } from "../../src/key/key-type.ts";
import { parseKeyType } from "../../src/key/parse-key-type.ts";
import { partitionSeed } from "../../src/key/partition-seed.ts";
import { canonicalValue } from "./key-arbitrary.ts";

/** What JSON has no literal for stands in an object that names its kind. */
type GoldenValue =
  | null
  | boolean
  | number
  | string
  | { readonly bigint: string }
  | { readonly hex: string }
  | { readonly number: string };

interface GoldenKeys {
  readonly version: string;
  readonly runSeed: number;
  readonly keys: readonly {
    readonly types: readonly KeyType[];
    readonly values: readonly GoldenValue[];
    readonly hex: string;
    readonly seed: number;
  }[];
}

const golden = JSON.parse(
  readFileSync(new URL("../golden/keys.json", import.meta.url), "utf8"),
) as GoldenKeys;

function keyValue(value: GoldenValue): KeyValue {
  if (value === null || typeof value !== "object") return value;
  if ("bigint" in value) return BigInt(value.bigint);
  return "hex" in value ? Uint8Array.from(Buffer.from(value.hex, "hex")) : Number(value.number);
}

describe("golden keys", () => {
  test("are those of the version that the code writes", () => {
    expect(golden.version).toBe(KEY_VERSION);
  });

  test("cover every key type, with a value and with NULL", () => {
    const single = golden.keys.filter(({ types }) => types.length === 1);
    const family = (type: string) => type.replace(/\(.*/, "");
    const ofNull = new Set(
      single.filter((key) => key.values[0] === null).map((key) => family(key.types[0]!)),
    );
    const ofValue = new Set(
      single.filter((key) => key.values[0] !== null).map((key) => family(key.types[0]!)),
    );
    expect(ofNull.size).toBe(11);
    expect(ofValue).toEqual(ofNull);
    for (const { types } of golden.keys) expect(types.map(parseKeyType)).toEqual(types);
  });

  test.each(golden.keys.map((key) => ({ ...key, name: `${key.types} ${JSON.stringify(key.values)}` })))(
    "$name has its bytes, its seed and its values",
    ({ types, values: stored, hex, seed }) => {
      const values = stored.map(keyValue);
      const bytes = encodeKey(types, values);
      expect(hexFromBytes(bytes)).toBe(hex.replaceAll(" ", ""));
      expect(partitionSeed(golden.runSeed, bytes)).toBe(seed);
      expect(decodeKey(types, parseHex(hex.replaceAll(" ", ""))!)).toEqual(values.map(canonicalValue));
    },
  );
});
