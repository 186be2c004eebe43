import type { SchemaElement } from "hyparquet";
import type { FieldType } from "../../table/field.ts";

/** A stored value that is not NULL as a double; null for one that has none, or not surely the one DuckDB gives. */
export type StoredNumber = (stored: unknown) => number | null;

/** Below this every integer is a double, and none above it becomes one that is below. */
const EXACT_BELOW = 2 ** 53;

/** The highest power of ten that is a double. */
const MAX_EXACT_SCALE = 22;

/** The longest decimal that DuckDB keeps as one has as many bytes. */
const MAX_DECIMAL_BYTES = 16;

const DAY_MS = 86_400_000;

/** Timestamps are microseconds to DuckDB; those that are no exact double begin in the year 2255. */
const MAX_EXACT_MS = EXACT_BELOW / 1000;

/** The last day that a timestamp could be on. DuckDB has its infinite dates beyond. */
const MAX_DAYS = 100_000_000;

/**
 * How values of a Parquet column, as they are stored, become those of a field: the number itself, 0 and 1, or
 * milliseconds since 1970. Null where the column's type is none of the field's, or is written in a way of which
 * readers think differently.
 */
export function storedNumber(element: SchemaElement, type: FieldType): StoredNumber | null {
  if (type === "double") return numberOf(element);
  if (type === "timestamp") return timestampOf(element);
  const { type: stored, converted_type: converted, logical_type: logical } = element;
  if (type === "date") return stored === "INT32" && converted === "DATE" ? daysToMs : null;
  const isBoolean = stored === "BOOLEAN" && converted === undefined && logical === undefined;
  return type === "boolean" && isBoolean ? (value) => (value ? 1 : 0) : null;
}

function numberOf(element: SchemaElement): StoredNumber | null {
  const { type, converted_type: converted, logical_type: logical } = element;
  if (converted === "DECIMAL") return decimalOf(element);
  if (converted === undefined && logical !== undefined) return null;
  if (type === "INT32" || type === "INT64") return integerOf(type === "INT32" ? 32 : 64, converted);
  const isFloat = type === "FLOAT" || type === "DOUBLE";
  return isFloat && converted === undefined ? (stored) => stored as number : null;
}

/** Integers of `storedBits`, whose type may be a shorter one. Both parts of a type's name are checked. */
function integerOf(storedBits: 32 | 64, converted: SchemaElement["converted_type"]): StoredNumber | null {
  const [, unsigned, digits] = /^(U?)INT_(\d+)$/.exec(converted ?? `INT_${storedBits}`) ?? [];
  const bits = Number(digits);
  const isShort = storedBits === 32 && bits < 32;
  if (digits === undefined || (bits !== storedBits && !isShort)) return null;
  const span = 2 ** bits;
  if (unsigned === "U") {
    if (isShort) return (stored) => within(stored as number, 0, span);
    return (stored) => exact(Number(BigInt.asUintN(bits, BigInt(stored as number | bigint))));
  }
  if (isShort) return (stored) => within(stored as number, -span / 2, span / 2);
  return (stored) => exact(Number(stored));
}

/** Unscaled integers over a power of ten: one division, which rounds once, as DuckDB's does. */
function decimalOf({ type, precision = 0, scale = 0 }: SchemaElement): StoredNumber | null {
  if (scale < 0 || scale > MAX_EXACT_SCALE || precision < 1 || precision > 38) return null;
  const divisor = Number(`1e${scale}`);
  const divided = (unscaled: number) => (exact(unscaled) === null ? null : unscaled / divisor);
  if (type === "INT32" || type === "INT64") return (stored) => divided(Number(stored));
  if (type !== "FIXED_LEN_BYTE_ARRAY") return null;
  return (stored) => {
    const bytes = stored as Uint8Array;
    return bytes.length > MAX_DECIMAL_BYTES ? null : divided(bigEndian(bytes));
  };
}

/** A two's complement of any length; rounded where it is beyond a double's integers. */
function bigEndian(bytes: Uint8Array): number {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return Number(BigInt.asIntN(8 * bytes.length, value));
}

function timestampOf({
  type,
  converted_type: converted,
  logical_type: logical,
}: SchemaElement): StoredNumber | null {
  if (type !== "INT64" || (logical !== undefined && logical.type !== "TIMESTAMP")) return null;
  const unit = logical?.unit ?? converted?.replace("TIMESTAMP_", "");
  if (unit === "MILLIS") return (stored) => within(Number(stored), -MAX_EXACT_MS, MAX_EXACT_MS);
  if (unit === "MICROS") return (stored) => microsToMs(Number(stored));
  if (unit !== "NANOS") return null;
  return nanosToMs;
}

/** Only where it does not matter whether nanoseconds become microseconds before they become milliseconds. */
function nanosToMs(stored: unknown): number | null {
  const nanos = stored as bigint;
  const ms = Number(nanos) / 1_000_000;
  return nanos % 1000n === 0n && microsToMs(Number(nanos / 1000n)) === ms ? ms : null;
}

function microsToMs(micros: number): number | null {
  return exact(micros) === null ? null : micros / 1000;
}

function daysToMs(stored: unknown): number | null {
  const days = within(stored as number, -MAX_DAYS, MAX_DAYS);
  return days === null ? null : days * DAY_MS;
}

function exact(value: number): number | null {
  return Math.abs(value) < EXACT_BELOW ? value : null;
}

/** `end` is exclusive. */
function within(value: number, start: number, end: number): number | null {
  return value >= start && value < end ? value : null;
}
