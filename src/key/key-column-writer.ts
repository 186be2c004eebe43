import { writeBoolean, writeNull } from "./boolean-bytes.ts";
import { writeDouble } from "./double-bytes.ts";
import { writeDate, writeMicrosWords } from "./instant-bytes.ts";
import { writeInt64 } from "./integer-bytes.ts";
import type { KeyColumn } from "./key-column.ts";
import { KEY_TAG } from "./key-layout.ts";
import { keyValueWriter } from "./key-value-writer.ts";
import type { KeyWriter } from "./key-writer.ts";
import { writeBlob, writeText } from "./text-bytes.ts";
import { HIGH_WORD, LOW_WORD } from "./word-order.ts";

/** Writes the value that one key column has in a row. */
export type KeyColumnWriter = (out: KeyWriter, row: number) => void;

/** The writer of a column. It reads typed arrays as they are and makes no object per row. */
export function keyColumnWriter(column: KeyColumn): KeyColumnWriter {
  const write = presentValueWriter(column);
  const { isValid } = column;
  if (isValid === null) return write;
  return (out, row) => (isValid[row] === 0 ? writeNull(out) : write(out, row));
}

function presentValueWriter(column: KeyColumn): KeyColumnWriter {
  switch (column.type) {
    case "boolean":
      return (out, row) => writeBoolean(out, column.values[row] !== 0);
    case "double":
      return (out, row) => writeDouble(out, column.values[row]!);
    case "text":
      return (out, row) => writeText(out, column.values[row]!);
    case "blob":
      return (out, row) => writeBlob(out, column.values[row]!);
    case "date":
      return (out, row) => writeDate(out, column.values[row]!);
    case "integer":
      return wordsWriter(column.values, writeInt64);
    case "timestamp":
      return wordsWriter(column.values, (out, high, low) =>
        writeMicrosWords(out, KEY_TAG.timestamp, high, low),
      );
    case "timestamptz":
      return wordsWriter(column.values, (out, high, low) =>
        writeMicrosWords(out, KEY_TAG.timestamptz, high, low),
      );
    default: {
      const write = keyValueWriter(column.type);
      return (out, row) => write(out, column.values[row]!);
    }
  }
}

/** Hands each 64-bit integer on as its two words: a bigint per row would cost more than all the rest. */
function wordsWriter(
  values: BigInt64Array,
  write: (out: KeyWriter, high: number, low: number) => void,
): KeyColumnWriter {
  const words = new Uint32Array(values.buffer, values.byteOffset, 2 * values.length);
  return (out, row) => write(out, words[2 * row + HIGH_WORD]!, words[2 * row + LOW_WORD]!);
}
