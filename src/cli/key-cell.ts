import type { KeyField, KeyType, KeyValue } from "../index.ts";
import { displayKeyValue } from "../key/display-key.ts";
import { quoteText } from "../key/quote-text.ts";
import { cellText } from "./safe-text.ts";
import type { TextColumn } from "./text-table.ts";

const NUMERIC: ReadonlySet<KeyType> = new Set(["integer", "hugeint", "double"]);

/** The columns of a table that hold a key. */
export function keyColumns(fields: readonly KeyField[]): TextColumn[] {
  return fields.map(({ name, type }) => {
    const isNumber = NUMERIC.has(type) || type.startsWith("decimal");
    return { title: quoteText(name), align: isNumber ? "right" : "left" };
  });
}

/** The cells of a key: as in messages, but that text with spaces and commas needs no quotes in a table. */
export function keyCells(fields: readonly KeyField[], key: readonly KeyValue[]): string[] {
  return fields.map(({ type }, i) => {
    const value = key[i] ?? null;
    return type === "text" && value !== null ? cellText(String(value)) : displayKeyValue(type, value);
  });
}

/** A title for a column beside those of a key: another one where a key field has that name. */
export function titleBeside(fields: readonly KeyField[], title: string): string {
  return fields.some((field) => field.name === title) ? `${title} of fit` : title;
}
