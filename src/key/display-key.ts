import type { KeyField, KeyType, KeyValue } from "./key-type.ts";
import { keyValueToJson } from "./key-value-to-json.ts";
import { quoteText } from "./quote-text.ts";

const MAX_HEX = 80;

/**
 * A key for a message, on one line: `store=17, item=a`. Names and text with spaces, commas, quotes or characters
 * that are not seen are quoted; `all rows` when there are no fields (a pooled run).
 * @throws ManyfitError `unsupported_type` for a value that is not of its field's type.
 */
export function displayKey(fields: readonly KeyField[], values: readonly KeyValue[]): string {
  if (fields.length === 0) return "all rows";
  return fields
    .map(({ name, type }, i) => `${quoteText(name)}=${displayKeyValue(type, values[i] ?? null)}`)
    .join(", ");
}

/**
 * A key value for a message, on one line: NULL as `NULL`, numbers in their shortest text, decimals with their scale,
 * dates as `2013-01-31`, timestamps as ISO 8601 in UTC, blobs as hexadecimal after `0x`, text quoted where it needs
 * to be. What is longer than about 80 characters is cut and ends in `…`; what is not cut, `parseKeyValue` reads back.
 * @throws ManyfitError `unsupported_type` for a value that is not of the type.
 */
export function displayKeyValue(type: KeyType, value: KeyValue): string {
  const json = keyValueToJson(type, value);
  if (json === null) return "NULL";
  if (type === "text") return quoteText(String(json));
  if (type !== "blob") return String(json);
  const hex = String(json);
  return hex.length <= MAX_HEX ? `0x${hex}` : `0x${hex.slice(0, MAX_HEX)}…`;
}
