import { ManyfitError } from "../errors.ts";
import { type IntegerRange, integerRange } from "./integer-range.ts";
import type { KeyType, KeyValue } from "./key-type.ts";

/** A key value that is not NULL. */
export type PresentValue = Exclude<KeyValue, null>;

/** A short text for a message about a value that is not what its type takes. */
function foundValue(value: PresentValue): string {
  if (typeof value === "string") return `text ${JSON.stringify(value.slice(0, 40))}`;
  return value instanceof Uint8Array ? `${value.length} bytes` : `${typeof value} ${value}`;
}

/** The error for a value whose kind is not the one its key type takes. */
function wrongValue(type: KeyType, value: PresentValue, allowed: string): ManyfitError {
  return new ManyfitError(
    "unsupported_type",
    `key value of type ${type}: found ${foundValue(value)}, must be ${allowed}`,
  );
}

/**
 * The integer that a value of an integer-like type is; see {@link integerRange}.
 * @throws ManyfitError `unsupported_type` for anything but a safe number or bigint in the range.
 */
export function integerOf(type: KeyType, range: IntegerRange, value: PresentValue): number | bigint {
  const isInteger = typeof value === "number" ? Number.isSafeInteger(value) : typeof value === "bigint";
  if (!isInteger) throw wrongValue(type, value, "an integer (a bigint beyond 2^53)");
  const integer = value as number | bigint;
  if (integer >= range.min && integer <= range.max) return integer;
  throw wrongValue(type, value, `from ${range.min} to ${range.max}`);
}

/**
 * The range of a type whose values are integers.
 * @throws ManyfitError `internal` for other types.
 */
export function requiredRange(type: KeyType): IntegerRange {
  const range = integerRange(type);
  if (range === null) throw new ManyfitError("internal", `key type ${type}: its values are not integers`);
  return range;
}

/** The boolean that a value is. @throws ManyfitError `unsupported_type` when it is something else. */
export function booleanOf(value: PresentValue): boolean {
  if (typeof value === "boolean") return value;
  throw wrongValue("boolean", value, "true or false");
}

/** The double that a value is. @throws ManyfitError `unsupported_type` when it is something else. */
export function doubleOf(value: PresentValue): number {
  if (typeof value === "number") return value;
  throw wrongValue("double", value, "a number");
}

/** The text that a value is. @throws ManyfitError `unsupported_type` when it is something else. */
export function textOf(value: PresentValue): string {
  if (typeof value === "string") return value;
  throw wrongValue("text", value, "a string");
}

/** The bytes that a value is. @throws ManyfitError `unsupported_type` when it is something else. */
export function blobOf(value: PresentValue): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw wrongValue("blob", value, "a Uint8Array");
}
