import { readBoolean } from "./boolean-bytes.ts";
import { readUnscaled } from "./decimal-bytes.ts";
import { decimalShape, isDecimalType } from "./decimal-shape.ts";
import { readDouble } from "./double-bytes.ts";
import { type InstantTag, readDate, readMicrosInto, readNanos } from "./instant-bytes.ts";
import { readInt64, readInteger } from "./integer-bytes.ts";
import type { KeyColumn } from "./key-column.ts";
import { KEY_TAG } from "./key-layout.ts";
import type { KeyList } from "./key-list.ts";
import { KeyReader } from "./key-reader.ts";
import type { KeyType } from "./key-type.ts";
import { readBlob, readText } from "./text-bytes.ts";

/** A column that is being filled: `read` takes the next value of the reader for a row that is not NULL. */
interface ColumnReader {
  readonly read: (reader: KeyReader, row: number) => void;
  readonly column: KeyColumn;
}

/**
 * The values of keys `from` to `to` (exclusive) of a list as one column per type, in the arrays that
 * `encodeKeyBatch` takes. In a NULL's place stand 0, empty text or no bytes.
 * @throws ManyfitError `internal` for bytes that are not the canonical form of keys of these types.
 */
export function decodeKeyColumns(
  types: readonly KeyType[],
  keys: KeyList,
  from: number,
  to: number,
): KeyColumn[] {
  const rowCount = to - from;
  const columns = types.map((type) => columnReader(type, rowCount));
  const isValid = types.map(() => new Uint8Array(rowCount).fill(1));
  const hasNull = types.map(() => false);
  const reader = new KeyReader(keys.bytes);
  for (let row = 0; row < rowCount; row++) {
    reader.moveTo(keys.offsets[from + row]!, keys.offsets[from + row + 1]!);
    for (let i = 0; i < columns.length; i++) {
      if (reader.skipNull()) {
        isValid[i]![row] = 0;
        hasNull[i] = true;
      } else columns[i]!.read(reader, row);
    }
    reader.expectEnd();
  }
  return columns.map(({ column }, i) => (hasNull[i] ? { ...column, isValid: isValid[i]! } : column));
}

function columnReader(type: KeyType, rowCount: number): ColumnReader {
  switch (type) {
    case "boolean": {
      const values = new Uint8Array(rowCount);
      return columnOf({ type, values, isValid: null }, (reader, row) => {
        values[row] = readBoolean(reader) ? 1 : 0;
      });
    }
    case "double": {
      const values = new Float64Array(rowCount);
      return columnOf({ type, values, isValid: null }, (reader, row) => {
        values[row] = readDouble(reader);
      });
    }
    case "date": {
      const values = new Int32Array(rowCount);
      return columnOf({ type, values, isValid: null }, (reader, row) => {
        values[row] = readDate(reader);
      });
    }
    case "text": {
      const values = new Array<string>(rowCount).fill("");
      return columnOf({ type, values, isValid: null }, (reader, row) => {
        values[row] = readText(reader);
      });
    }
    case "blob": {
      const values = new Array<Uint8Array>(rowCount).fill(new Uint8Array(0));
      return columnOf({ type, values, isValid: null }, (reader, row) => {
        values[row] = readBlob(reader);
      });
    }
    default:
      return integerColumnReader(type, rowCount);
  }
}

/** Readers of the types whose arrays hold bigints. */
function integerColumnReader(
  type: Exclude<KeyType, "boolean" | "double" | "date" | "text" | "blob">,
  rowCount: number,
): ColumnReader {
  switch (type) {
    case "integer": {
      const values = new BigInt64Array(rowCount);
      const words = new Uint32Array(values.buffer);
      return columnOf({ type, values, isValid: null }, (reader, row) => readInt64(reader, words, row));
    }
    case "timestamp":
      return microsColumnReader(type, KEY_TAG.timestamp, rowCount);
    case "timestamptz":
      return microsColumnReader(type, KEY_TAG.timestamptz, rowCount);
    case "timestamp_ns": {
      const values = new BigInt64Array(rowCount);
      return columnOf({ type, values, isValid: null }, (reader, row) => {
        values[row] = readNanos(reader);
      });
    }
    default: {
      const values = new Array<bigint>(rowCount).fill(0n);
      const read = bigintReader(type);
      return columnOf({ type, values, isValid: null }, (reader, row) => {
        values[row] = read(reader);
      });
    }
  }
}

function microsColumnReader(
  type: "timestamp" | "timestamptz",
  tag: InstantTag,
  rowCount: number,
): ColumnReader {
  const values = new BigInt64Array(rowCount);
  return columnOf({ type, values, isValid: null }, (reader, row) => readMicrosInto(reader, tag, values, row));
}

function bigintReader(type: Extract<KeyColumn, { readonly values: readonly bigint[] }>["type"]) {
  if (!isDecimalType(type)) return (reader: KeyReader): bigint => BigInt(readInteger(reader));
  const shape = decimalShape(type);
  return (reader: KeyReader): bigint => readUnscaled(reader, shape);
}

function columnOf(column: KeyColumn, read: ColumnReader["read"]): ColumnReader {
  return { read, column };
}
