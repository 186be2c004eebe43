import { decimalShape, isDecimalType } from "./decimal-shape.ts";
import { hexFromBytes } from "./hex-text.ts";
import { dateText, INSTANT_UNIT, instantText } from "./instant-text.ts";
import type { KeyType, KeyValue } from "./key-type.ts";
import { blobOf, booleanOf, doubleOf, integerOf, requiredRange, textOf } from "./typed-value.ts";

/**
 * A key value as a JSON value: booleans and text as they are; integers as numbers, beyond 2^53 as strings; doubles
 * as numbers (-0 as 0), NaN and ±Infinity as strings; decimals as strings with all digits of their scale, which
 * JSON's numbers cannot keep; dates and timestamps (UTC) as ISO 8601 text; blobs as hexadecimal text; NULL as null.
 * @throws ManyfitError `unsupported_type` for a value that is not of the type.
 */
export function keyValueToJson(type: KeyType, value: KeyValue): null | boolean | number | string {
  if (value === null) return null;
  switch (type) {
    case "boolean":
      return booleanOf(value);
    case "double": {
      const double = doubleOf(value);
      return Number.isFinite(double) ? double + 0 : String(double);
    }
    case "text":
      return textOf(value);
    case "blob":
      return hexFromBytes(blobOf(value));
    default:
      return integerToJson(type, integerOf(type, requiredRange(type), value));
  }
}

/** The JSON value of an integer that stands for a value of a type. */
function integerToJson(type: KeyType, value: number | bigint): number | string {
  if (isDecimalType(type)) return decimalText(value, decimalShape(type).scale);
  switch (type) {
    case "date":
      return dateText(Number(value));
    case "timestamp":
    case "timestamp_ns":
    case "timestamptz":
      return instantText(BigInt(value), INSTANT_UNIT[type]);
    default:
      return Number.isSafeInteger(Number(value)) ? Number(value) + 0 : String(value);
  }
}

function decimalText(unscaled: number | bigint, scale: number): string {
  const digits = String(unscaled < 0 ? -unscaled : unscaled).padStart(scale + 1, "0");
  const point = digits.length - scale;
  const sign = unscaled < 0 ? "-" : "";
  return scale === 0 ? sign + digits : `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}
