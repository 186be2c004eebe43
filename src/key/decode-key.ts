import { readBoolean } from "./boolean-bytes.ts";
import { readDecimal } from "./decimal-bytes.ts";
import { decimalShape, isDecimalType } from "./decimal-shape.ts";
import { readDouble } from "./double-bytes.ts";
import { readDate, readMicros, readNanos } from "./instant-bytes.ts";
import { readInteger } from "./integer-bytes.ts";
import { INT64_MAX, integerFromBigInt } from "./integer-range.ts";
import { KEY_TAG } from "./key-layout.ts";
import { KeyReader } from "./key-reader.ts";
import type { KeyType, KeyValue } from "./key-type.ts";
import { readBlob, readText } from "./text-bytes.ts";

/**
 * The values of a key from its canonical bytes, in the order of the types.
 * @throws ManyfitError `internal` for bytes that are not the canonical form of a key of these types.
 */
export function decodeKey(types: readonly KeyType[], bytes: Uint8Array): KeyValue[] {
  const reader = new KeyReader(bytes);
  const values = types.map((type) => (reader.skipNull() ? null : readValue(reader, type)));
  reader.expectEnd();
  return values;
}

function readValue(reader: KeyReader, type: KeyType): KeyValue {
  if (isDecimalType(type)) return readDecimal(reader, decimalShape(type));
  switch (type) {
    case "boolean":
      return readBoolean(reader);
    case "integer":
      return readNarrowInteger(reader);
    case "hugeint":
      return readInteger(reader);
    case "double":
      return readDouble(reader);
    case "text":
      return readText(reader);
    case "blob":
      return readBlob(reader);
    case "date":
      return readDate(reader);
    case "timestamp":
      return readMicros(reader, KEY_TAG.timestamp);
    case "timestamptz":
      return readMicros(reader, KEY_TAG.timestamptz);
    case "timestamp_ns":
      return integerFromBigInt(readNanos(reader));
  }
}

function readNarrowInteger(reader: KeyReader): number | bigint {
  const value = readInteger(reader);
  if (value > INT64_MAX || value < -INT64_MAX - 1n) throw reader.damage("hold more than 64 bits");
  return value;
}
