import { writeBoolean, writeNull } from "./boolean-bytes.ts";
import { writeDecimal } from "./decimal-bytes.ts";
import { decimalShape, isDecimalType } from "./decimal-shape.ts";
import { writeDouble } from "./double-bytes.ts";
import { writeDate, writeMicros, writeNanos } from "./instant-bytes.ts";
import { writeInteger } from "./integer-bytes.ts";
import { KEY_TAG } from "./key-layout.ts";
import type { KeyType, KeyValue } from "./key-type.ts";
import type { KeyWriter } from "./key-writer.ts";
import { writeBlob, writeText } from "./text-bytes.ts";
import {
  blobOf,
  booleanOf,
  doubleOf,
  integerOf,
  type PresentValue,
  requiredRange,
  textOf,
} from "./typed-value.ts";

/** Writes one value of the key type it was made for. @throws ManyfitError `unsupported_type` for another value. */
export type KeyValueWriter = (out: KeyWriter, value: KeyValue) => void;

/** The writer of values of one key type. @throws ManyfitError `unsupported_type` for a decimal out of range. */
export function keyValueWriter(type: KeyType): KeyValueWriter {
  const write = presentValueWriter(type);
  return (out, value) => (value === null ? writeNull(out) : write(out, value));
}

function presentValueWriter(type: KeyType): (out: KeyWriter, value: PresentValue) => void {
  switch (type) {
    case "boolean":
      return (out, value) => writeBoolean(out, booleanOf(value));
    case "double":
      return (out, value) => writeDouble(out, doubleOf(value));
    case "text":
      return (out, value) => writeText(out, textOf(value));
    case "blob":
      return (out, value) => writeBlob(out, blobOf(value));
    default: {
      const range = requiredRange(type);
      const write = integerWriter(type);
      return (out, value) => write(out, integerOf(type, range, value));
    }
  }
}

/** The writer of a type whose values are integers, which it takes as checked. */
function integerWriter(type: KeyType): (out: KeyWriter, value: number | bigint) => void {
  if (isDecimalType(type)) {
    const { scale } = decimalShape(type);
    return (out, value) => writeDecimal(out, value, scale);
  }
  switch (type) {
    case "date":
      return (out, value) => writeDate(out, Number(value));
    case "timestamp":
      return (out, value) => writeMicros(out, KEY_TAG.timestamp, value);
    case "timestamptz":
      return (out, value) => writeMicros(out, KEY_TAG.timestamptz, value);
    case "timestamp_ns":
      return (out, value) => writeNanos(out, BigInt(value));
    default:
      return writeInteger;
  }
}
