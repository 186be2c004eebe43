import type { Dialect } from "../../job/dialect.ts";

/**
 * The fields of the first record of a text, quotes resolved; null if the text ends before the record does. A byte
 * order mark is passed over.
 */
export function firstRecord(text: string, dialect: Dialect): string[] | null {
  const fields: string[] = [];
  let field = "";
  let isQuoted = false;
  for (let i = text.charCodeAt(0) === 0xfeff ? 1 : 0; i < text.length; i++) {
    const character = text[i]!;
    if (isQuoted) {
      if (character === dialect.escape && text[i + 1] === dialect.quote) {
        field += dialect.quote;
        i++;
      } else if (character === dialect.quote) isQuoted = false;
      else field += character;
    } else if (character === dialect.quote && field === "") isQuoted = true;
    else if (character === dialect.delimiter) {
      fields.push(field);
      field = "";
    } else if (character === "\n" || character === "\r") return [...fields, field];
    else field += character;
  }
  return null;
}
