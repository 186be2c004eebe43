import { suggestName } from "../errors.ts";
import { type KeyField, type KeyValue, ManyfitError } from "../index.ts";
import { parseKeyValue } from "../key/parse-key-value.ts";
import { parseQuotedText, quoteText } from "../key/quote-text.ts";

const JSON_STRING = /"(?:[^"\\]|\\.)*"/y;
/** A name that no field has: said back to its writer. */
const ANY_NAME = /(?:"(?:[^"\\]|\\.)*"|[^\s,="]+)(?==)/y;
const SPACES = / */y;

interface NamedText {
  readonly name: string;
  readonly text: string;
}

/**
 * The key that `--key` arguments name: `store=17` once per key field, or `store=17, item=a` in one, which is how
 * manyfit shows keys. A comma in a value begins another field only where a name and `=` follow it; values that begin
 * with a quote are JSON strings.
 * @throws ManyfitError `invalid_option` for unknown, repeated and missing fields and for values of another type.
 */
export function parseKeyArguments(texts: readonly string[], fields: readonly KeyField[]): KeyValue[] {
  if (fields.length === 0) {
    throw new ManyfitError(
      "invalid_option",
      "--key: the run is pooled, its one partition has no key; leave --key out",
    );
  }
  const given = new Map<string, string>();
  for (const { name, text } of texts.flatMap((argument) => namedTexts(argument, fields))) {
    if (!fields.some((field) => field.name === name)) {
      const names = fields.map((field) => quoteText(field.name));
      throw new ManyfitError(
        "invalid_option",
        `--key ${quoteText(name)} is not a key of the run; ${suggestName(name, names)}`,
      );
    }
    if (given.has(name)) throw new ManyfitError("invalid_option", `--key ${quoteText(name)} is given twice`);
    given.set(name, text);
  }
  return fields.map(({ name, type }) => {
    const text = given.get(name);
    if (text === undefined) throw missingField(name, fields);
    const parsed = parseKeyValue(type, text);
    if ("problem" in parsed)
      throw new ManyfitError("invalid_option", `--key ${quoteText(name)}: ${parsed.problem}`);
    return parsed.value;
  });
}

function missingField(name: string, fields: readonly KeyField[]): ManyfitError {
  const example = fields.map((field) => `--key ${quoteText(field.name)}=…`).join(" ");
  return new ManyfitError(
    "invalid_option",
    `--key ${quoteText(name)} is missing; one partition of this run is ${example}`,
  );
}

function namedTexts(argument: string, fields: readonly KeyField[]): NamedText[] {
  const found: NamedText[] = [];
  let at = 0;
  for (;;) {
    const name = nameAt(argument, at, fields);
    if (name === null) {
      throw new ManyfitError(
        "invalid_option",
        `--key is ${quoteText(argument)}; write it as name=value, such as ${quoteText(fields[0]!.name)}=17`,
      );
    }
    const end = valueEnd(argument, name.end, fields);
    found.push({ name: name.name, text: argument.slice(name.end, end) });
    if (end === argument.length) return found;
    at = end + 1;
  }
}

/** The name at a place and the place behind its `=`; of several fields that could be meant, the longest. */
function nameAt(
  text: string,
  at: number,
  fields: readonly KeyField[],
): { readonly name: string; readonly end: number } | null {
  const start = at + matchLength(SPACES, text, at);
  const matches = fields
    .flatMap(({ name }) => [name, quoteText(name)].map((written) => ({ name, written })))
    .filter(({ written }) => text.startsWith(`${written}=`, start))
    .sort((a, b) => b.written.length - a.written.length);
  if (matches[0]) return { name: matches[0].name, end: start + matches[0].written.length + 1 };
  const length = matchLength(ANY_NAME, text, start);
  if (length === 0) return null;
  const written = text.slice(start, start + length);
  return { name: parseQuotedText(written) ?? written, end: start + length + 1 };
}

/** Where the value that begins at a place ends: at a comma behind which there is a name, or with the argument. */
function valueEnd(text: string, at: number, fields: readonly KeyField[]): number {
  let end = at + matchLength(JSON_STRING, text, at);
  for (;;) {
    end = text.indexOf(",", end);
    if (end === -1) return text.length;
    if (nameAt(text, end + 1, fields) !== null) return end;
    end++;
  }
}

function matchLength(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0].length ?? 0;
}
