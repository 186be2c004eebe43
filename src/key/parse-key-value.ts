import { decimalShape, isDecimalType } from "./decimal-shape.ts";
import { parseHex } from "./hex-text.ts";
import { INSTANT_UNIT, parseDate, parseInstant } from "./instant-text.ts";
import { integerFromBigInt } from "./integer-range.ts";
import type { KeyType, KeyValue } from "./key-type.ts";
import { parseQuotedText, quoteText } from "./quote-text.ts";
import { requiredRange } from "./typed-value.ts";

/** A key value read from text, or what is wrong with the text and what to write instead. */
export type ParsedKeyValue = { readonly value: KeyValue } | { readonly problem: string };

/**
 * The key value that a person writes as `text`, as in `--key store=17`: the reverse of `displayKeyValue`. `NULL` is
 * NULL for every type; text that is `NULL`, or begins with a quote, is written as a JSON string (`"NULL"`), other
 * text as it is. Numbers are never rounded to fit: digits that the type does not have are a problem (doubles aside,
 * which take the nearest one). Timestamps with time zone and without an offset are in UTC.
 */
export function parseKeyValue(type: KeyType, text: string): ParsedKeyValue {
  if (text === "NULL") return { value: null };
  const value = isDecimalType(type) ? parseDecimal(type, text) : parseValue(type, text);
  return value === null
    ? { problem: `${quoteText(text)} is not a key of type ${type}: ${howTo(type)}` }
    : { value };
}

/** Null for text that is no value of the type. */
function parseValue(type: Exclude<KeyType, `decimal(${string})`>, text: string): KeyValue {
  switch (type) {
    case "boolean":
      return parseBoolean(text.toLowerCase());
    case "integer":
    case "hugeint":
      return /^[+-]?\d+$/.test(text) ? inRange(type, BigInt(text.replace("+", ""))) : null;
    case "double":
      return parseDouble(text);
    case "text":
      return parseWellFormedText(text);
    case "blob":
      return parseHex(text);
    case "date":
      return parseDate(text);
    case "timestamp":
    case "timestamp_ns":
    case "timestamptz": {
      const ticks = parseInstant(text, INSTANT_UNIT[type]);
      return ticks === null ? null : integerFromBigInt(ticks);
    }
  }
}

function parseBoolean(text: string): boolean | null {
  return text === "true" ? true : text === "false" ? false : null;
}

function parseDouble(text: string): number | null {
  if (/^nan$/i.test(text)) return Number.NaN;
  const infinity = /^([+-]?)inf(?:inity)?$/i.exec(text);
  if (infinity !== null) return infinity[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text)) return null;
  const value = Number(text);
  return Number.isFinite(value) ? value + 0 : null;
}

function parseDecimal(type: Extract<KeyType, `decimal(${string})`>, text: string): number | bigint | null {
  const match = /^([+-]?)(\d*)\.?(\d*)$/.exec(text);
  if (match === null || !/\d/.test(text)) return null;
  const { scale } = decimalShape(type);
  const [, sign, whole = "", fraction = ""] = match;
  if (/[1-9]/.test(fraction.slice(scale))) return null;
  const magnitude = BigInt(whole + fraction.slice(0, scale).padEnd(scale, "0"));
  return inRange(type, sign === "-" ? -magnitude : magnitude);
}

function parseWellFormedText(text: string): string | null {
  const value = parseQuotedText(text);
  return value === null || /\p{Cs}/u.test(value) ? null : value;
}

function inRange(type: KeyType, value: bigint): number | bigint | null {
  const { min, max } = requiredRange(type);
  return value >= min && value <= max ? integerFromBigInt(value) : null;
}

/** What a person writes for a value of a type. */
function howTo(type: KeyType): string {
  if (isDecimalType(type)) {
    const { width, scale } = decimalShape(type);
    return `write at most ${width - scale} digits, then at most ${scale} after a point`;
  }
  switch (type) {
    case "boolean":
      return "write true or false";
    case "integer":
    case "hugeint":
      return `write a whole number from ${requiredRange(type).min} to ${requiredRange(type).max}`;
    case "double":
      return "write a number such as 1.5 or 2e-7, NaN, Infinity or -Infinity";
    case "text":
      return 'text that begins with a quote is written as a JSON string, such as "\\"a\\" b", and is not cut with …';
    case "blob":
      return "write hexadecimal digits, two a byte, such as 0x00ff";
    case "date":
      return "write a date such as 2013-01-31";
    case "timestamptz":
      return "write UTC such as 2013-01-31T05:00:00.000001Z, or an offset such as +01:00";
    case "timestamp":
      return "write 2013-01-31T05:00:00, at most 6 digits after the point and no time zone";
    case "timestamp_ns":
      return "write 2013-01-31T05:00:00, at most 9 digits after the point and no time zone";
  }
}
