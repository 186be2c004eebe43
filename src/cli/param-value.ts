import { type JsonValue, ManyfitError } from "../index.ts";

const WHOLE_NUMBER = /^-?\d+$/;

/**
 * The value of a trainer's param as `--param name=value` has it: what is JSON is read as JSON, so that `1` is a number,
 * `true` a boolean, `[1,2]` a list and `"1"` a text; anything else is text as it stands.
 * @throws ManyfitError `invalid_option` for a number that no double holds, because another one would take its place.
 */
export function parseParamValue(name: string, text: string): JsonValue {
  const value = jsonOrText(text);
  if (isFiniteThroughout(value) && (typeof value !== "number" || isKept(value, text))) return value;
  throw new ManyfitError(
    "invalid_option",
    `--param ${name} is ${text}, a number beyond what numbers hold exactly; as text it is written '${name}="${text}"'`,
  );
}

function jsonOrText(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return text;
  }
}

function isKept(value: number, text: string): boolean {
  return !WHOLE_NUMBER.test(text.trim()) || BigInt(text.trim()) === BigInt(value);
}

/** JSON.parse takes 1e999 for infinity, which no JSON can carry. */
function isFiniteThroughout(value: JsonValue): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  if (value === null || typeof value !== "object") return true;
  return Object.values(value).every(isFiniteThroughout);
}
