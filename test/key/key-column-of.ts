import type { DecimalType } from "../../src/key/decimal-shape.ts";
import type { KeyColumn } from "../../src/key/key-column.ts";
import type { KeyType, KeyValue } from "../../src/key/key-type.ts";

/** A column of the given values, built one by one: the slow and obvious way. */
export function keyColumnOf(type: KeyType, values: readonly KeyValue[]): KeyColumn {
  const isValid = values.includes(null) ? Uint8Array.from(values, (value) => Number(value !== null)) : null;
  switch (type) {
    case "boolean":
      return { type, values: Uint8Array.from(values, Number), isValid };
    case "double":
      return { type, values: Float64Array.from(values, Number), isValid };
    case "date":
      return { type, values: Int32Array.from(values, Number), isValid };
    case "text":
      return { type, values: values.map((value) => (value ?? "") as string), isValid };
    case "blob":
      return { type, values: values.map((value) => (value ?? new Uint8Array()) as Uint8Array), isValid };
    case "integer":
    case "timestamp":
    case "timestamp_ns":
    case "timestamptz":
      return {
        type,
        values: BigInt64Array.from(values, (value) => BigInt(Number(value) && String(value))),
        isValid,
      };
    default:
      return {
        type: type satisfies "hugeint" | DecimalType,
        values: values.map((value) => BigInt(Number(value) && String(value))),
        isValid,
      };
  }
}
