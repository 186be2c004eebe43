import type { JsonValue } from "../index.ts";
import { jsonText } from "./json-text.ts";
import { cutText } from "./text-width.ts";

/** What stands between two levels. */
const INDENT = "  ";
const SEPARATOR = ", ";
/** Cells that a line takes at most: longer ones are hard to read. */
const WIDEST = 100;

/**
 * A value as JSON in lines, one after the other as they are asked for: lists and objects stand on one line where they
 * fit, else each of their values has lines of its own, but for the numbers of a list, which share them. A text that is longer than a line is cut.
 */
export function* jsonLines(value: JsonValue, width: number): Generator<string, void, undefined> {
  yield* linesOf(value, { width: Math.min(width, WIDEST), indent: "", before: "", after: "" });
}

interface Place {
  readonly width: number;
  readonly indent: string;
  /** The name of the value, if it has one. */
  readonly before: string;
  /** A comma, but for the last value. */
  readonly after: string;
}

function* linesOf(value: JsonValue, place: Place): Generator<string, void, undefined> {
  const { width, indent, before, after } = place;
  const head = indent + before;
  const inline = inlineText(value, width - head.length - after.length);
  if (inline !== null || !isNested(value)) {
    yield cutText(head + (inline ?? jsonText(value)) + after, width);
    return;
  }
  yield cutText(head + (isJsonList(value) ? "[" : "{"), width);
  yield* partLines(value, { ...place, indent: indent + INDENT });
  yield cutText(indent + (isJsonList(value) ? "]" : "}") + after, width);
}

/** The values of a list or object; numbers and short texts of a list share lines. */
function* partLines(value: Nested, { width, indent }: Place): Generator<string, void, undefined> {
  const isList = isJsonList(value);
  const entries = Object.entries(value);
  let line = "";
  for (const [i, [name, part]] of entries.entries()) {
    const after = i < entries.length - 1 ? "," : "";
    const text = isList && !isNested(part) ? jsonText(part) + after : null;
    if (line !== "" && (text === null || indent.length + line.length + 1 + text.length > width)) {
      yield cutText(indent + line, width);
      line = "";
    }
    if (text !== null) line += line === "" ? text : ` ${text}`;
    else yield* linesOf(part, { width, indent, before: isList ? "" : `${jsonText(name)}: `, after });
  }
  if (line !== "") yield cutText(indent + line, width);
}

/** A value on one line of at most `room` cells; null where it does not fit, which is found out without writing it all. */
function inlineText(value: JsonValue, room: number): string | null {
  if (!isNested(value)) return within(jsonText(value), room);
  const isList = isJsonList(value);
  const parts: string[] = [];
  let length = 0;
  for (const [name, part] of isList ? unnamed(value) : Object.entries(value)) {
    const before = isList ? "" : `${jsonText(name)}: `;
    const text = inlineText(part, room - length - before.length);
    if (text === null) return null;
    parts.push(before + text);
    length += before.length + text.length + SEPARATOR.length;
  }
  const text = parts.join(SEPARATOR);
  if (isList) return within(`[${text}]`, room);
  return within(text === "" ? "{}" : `{ ${text} }`, room);
}

function within(text: string, room: number): string | null {
  return text.length <= room ? text : null;
}

function* unnamed(list: readonly JsonValue[]): Generator<[name: string, value: JsonValue], void, undefined> {
  for (const value of list) yield ["", value];
}

type Nested = Exclude<JsonValue, null | boolean | number | string>;

function isNested(value: JsonValue): value is Nested {
  return value !== null && typeof value === "object";
}

function isJsonList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
