import fc from "fast-check";
import type { KeyType, KeyValue } from "../../src/key/key-type.ts";

const INT64_MAX = 2n ** 63n - 1n;

function integerFromBigInt(value: bigint): number | bigint {
  return value >= -(2n ** 53n) + 1n && value <= 2n ** 53n - 1n ? Number(value) : value;
}

/** Integers with as many small and medium as huge ones, and the values around powers of 256 that headers turn on. */
function integers(min: bigint, max: bigint): fc.Arbitrary<number | bigint> {
  const around = fc
    .tuple(fc.integer({ min: 0, max: 16 }), fc.bigInt(-2n, 2n), fc.boolean())
    .map(
      ([power, step, isNegative]) => (isNegative ? -(256n ** BigInt(power)) : 256n ** BigInt(power)) + step,
    );
  const clamped = fc
    .oneof(fc.bigInt(-300n, 300n), fc.bigInt(-(2n ** 56n), 2n ** 56n), around, fc.bigInt(min, max))
    .map((value) => (value < min ? min : value > max ? max : value));
  return clamped.map(integerFromBigInt);
}

/** Text in which every class of character is likely that display or UTF-8 treats in its own way. */
export const textArbitrary = fc.oneof(
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.string({ unit: fc.constantFrom("a", "b", "\0", "\u0001", "ÿ", "\ud7ff", "\uffee", "😀"), maxLength: 4 }),
  fc.string({
    unit: fc.constantFrom(
      "a",
      " ",
      ",",
      '"',
      "'",
      "\\",
      "=",
      "…",
      "\n",
      "\u007f",
      "\u0085",
      "\u2028",
      "\u202e",
      "\ufeff",
      "\u00a0",
    ),
    maxLength: 6,
  }),
  fc.constantFrom("NULL", "null", "", "17", "0x", "infinity"),
);

/** Values of one key type, never NULL. */
export function presentValues(type: KeyType): fc.Arbitrary<Exclude<KeyValue, null>> {
  switch (type) {
    case "boolean":
      return fc.boolean();
    case "integer":
      return integers(-INT64_MAX - 1n, INT64_MAX);
    case "hugeint":
      return integers(-(2n ** 127n), 2n ** 128n - 1n);
    case "double":
      return fc.oneof(
        fc.double(),
        fc.integer({ min: -3, max: 3 }),
        fc.constantFrom(0, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
      );
    case "text":
      return textArbitrary;
    case "blob":
      return fc.oneof(
        fc.uint8Array({ maxLength: 8 }),
        fc.array(fc.constantFrom(0, 1, 255), { maxLength: 4 }).map((bytes) => Uint8Array.from(bytes)),
      );
    case "date":
      return fc.oneof(
        fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
        fc.integer({ min: -40_000, max: 40_000 }),
      );
    case "timestamp":
    case "timestamp_ns":
    case "timestamptz":
      return integers(-INT64_MAX, INT64_MAX);
    default: {
      const width = Number(/\d+/.exec(type)![0]);
      return integers(-(10n ** BigInt(width)) + 1n, 10n ** BigInt(width) - 1n);
    }
  }
}

/** Values of one key type, NULL among them. */
export function values(type: KeyType): fc.Arbitrary<KeyValue> {
  return fc.option(presentValues(type), { nil: null, freq: 10 });
}

/** Every key type, with decimals of the extremes and of one shape inside. */
export const KEY_TYPES: readonly KeyType[] = [
  "boolean",
  "integer",
  "hugeint",
  "decimal(1,0)",
  "decimal(9,2)",
  "decimal(18,18)",
  "decimal(38,0)",
  "decimal(38,38)",
  "double",
  "text",
  "blob",
  "date",
  "timestamp",
  "timestamp_ns",
  "timestamptz",
];

/** Zero to three key types and some keys of them. */
export const keysArbitrary = fc.array(fc.constantFrom(...KEY_TYPES), { maxLength: 3 }).chain((types) =>
  fc.record({
    types: fc.constant(types),
    rows: fc.array(fc.tuple(...types.map(values)), { maxLength: 12 }),
  }),
);

/** The order of values as it is stated, written without any bytes: an oracle for the order of keys. */
export function compareValues(type: KeyType, a: KeyValue, b: KeyValue): number {
  if (a === null || b === null) return Number(a !== null) - Number(b !== null);
  if (type === "double") return compareDoubles(a as number, b as number);
  if (typeof a === "string") return Buffer.compare(Buffer.from(a), Buffer.from(b as string));
  if (a instanceof Uint8Array) return Buffer.compare(a, b as Uint8Array);
  const [left, right] = [BigInt(a), BigInt(b as number)];
  return left < right ? -1 : left > right ? 1 : 0;
}

function compareDoubles(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A value as its key carries it: -0 is 0, and a bigint that is a safe integer is a number. */
export function canonicalValue(value: KeyValue): KeyValue {
  if (typeof value === "bigint") return integerFromBigInt(value);
  return typeof value === "number" ? value + 0 : value;
}
