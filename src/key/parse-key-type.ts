import { parseDecimalShape } from "./decimal-shape.ts";
import type { KeyType } from "./key-type.ts";

/** The names of the key types without parameters; beside them there is `decimal(width,scale)`. */
const PLAIN_TYPES = [
  "boolean",
  "integer",
  "hugeint",
  "double",
  "text",
  "blob",
  "date",
  "timestamp",
  "timestamp_ns",
  "timestamptz",
] as const satisfies readonly KeyType[];

/**
 * The key type that text names, in upper or lower case, such as `integer` or `decimal(18,3)`; null when it names
 * none. No aliases: `varchar` and `bigint` are a source's words.
 */
export function parseKeyType(text: string): KeyType | null {
  const name = text.toLowerCase();
  const plain = PLAIN_TYPES.find((type) => type === name);
  if (plain !== undefined) return plain;
  const shape = parseDecimalShape(name);
  return shape === null ? null : `decimal(${shape.width},${shape.scale})`;
}
