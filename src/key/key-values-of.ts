import { decodeKey } from "./decode-key.ts";
import type { KeyField } from "./key-type.ts";
import { keyValueToJson } from "./key-value-to-json.ts";

/** The values of a key from its canonical bytes, each as a JSON value: see {@link keyValueToJson}. */
export function keyValuesOf(
  fields: readonly KeyField[],
  keyBytes: Uint8Array,
): (null | boolean | number | string)[] {
  const values = decodeKey(
    fields.map((field) => field.type),
    keyBytes,
  );
  return fields.map(({ type }, i) => keyValueToJson(type, values[i]!));
}
