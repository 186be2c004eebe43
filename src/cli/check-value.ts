import type { JsonSchema, ValueRule } from "./option-value.ts";

/** What is wrong with a value: where within it, what was found there and what is allowed. */
export interface ValueProblem {
  /** JSON pointer from the value that was checked; empty for the value itself. */
  readonly pointer: string;
  readonly found: unknown;
  /** In words, such as `are whole numbers from 0 to 9`. */
  readonly allowed: string;
}

/** The first thing in a JSON value that a rule does not allow; null where all is allowed. */
export function checkValue(value: unknown, { schema, allowed, inside }: ValueRule): ValueProblem | null {
  if (!matches(value, schema)) return { pointer: "", found: value, allowed };
  if (inside === undefined) return null;
  for (const [key, item] of Object.entries(value as object)) {
    const problem = checkValue(item, inside);
    if (problem !== null) return { ...problem, pointer: pointerTo(key) + problem.pointer };
  }
  return null;
}

/** A step of a JSON pointer (RFC 6901). */
export function pointerTo(key: string): string {
  return `/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

/** Whether a value is as a schema says, what is inside of lists and objects aside. */
function matches(value: unknown, schema: JsonSchema): boolean {
  if (schema.anyOf !== undefined) return schema.anyOf.some((one) => matches(value, one));
  if (schema.enum !== undefined) return schema.enum.some((one) => one === value);
  if (!isOfType(value, schema.type)) return false;
  if (typeof value === "string") return textMatches(value, schema);
  if (typeof value === "number") return numberMatches(value, schema);
  return !Array.isArray(value) || value.length >= (schema.minItems ?? 0);
}

function isOfType(value: unknown, type: JsonSchema["type"]): boolean {
  if (type === "array") return Array.isArray(value);
  if (type === "object") return typeof value === "object" && value !== null && !Array.isArray(value);
  if (type === "integer") return Number.isInteger(value);
  return type === undefined || typeof value === type;
}

function textMatches(text: string, { pattern, minLength = 0 }: JsonSchema): boolean {
  return [...text].length >= minLength && (pattern === undefined || new RegExp(pattern, "u").test(text));
}

function numberMatches(value: number, schema: JsonSchema): boolean {
  const { minimum = value, maximum = value } = schema;
  const { exclusiveMinimum: above = -Infinity, exclusiveMaximum: below = Infinity } = schema;
  return value >= minimum && value <= maximum && value > above && value < below;
}
