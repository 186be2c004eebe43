import { decimalShape, isDecimalType } from "./decimal-shape.ts";
import type { KeyType } from "./key-type.ts";

/** Smallest and largest integer, both included. */
export interface IntegerRange {
  readonly min: bigint;
  readonly max: bigint;
}

/** Largest signed 64-bit integer; as a timestamp it is infinity, and its negative -infinity. */
export const INT64_MAX = 2n ** 63n - 1n;

const INT64: IntegerRange = { min: -INT64_MAX - 1n, max: INT64_MAX };
const INT128: IntegerRange = { min: -(2n ** 127n), max: 2n ** 128n - 1n };
const DAYS: IntegerRange = { min: -(2n ** 31n), max: 2n ** 31n - 1n };
const TICKS: IntegerRange = { min: -INT64_MAX, max: INT64_MAX };

/**
 * The integers that a value of a key type may be, for the types whose values are integers (decimals: unscaled;
 * dates: days; timestamps: micro- or nanoseconds); null for boolean, double, text and blob.
 */
export function integerRange(type: KeyType): IntegerRange | null {
  if (isDecimalType(type)) {
    const max = 10n ** BigInt(decimalShape(type).width) - 1n;
    return { min: -max, max };
  }
  switch (type) {
    case "integer":
      return INT64;
    case "hugeint":
      return INT128;
    case "date":
      return DAYS;
    case "timestamp":
    case "timestamp_ns":
    case "timestamptz":
      return TICKS;
    default:
      return null;
  }
}

/** An integer as key values carry it: a number when it is a safe integer, else the bigint. */
export function integerFromBigInt(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
