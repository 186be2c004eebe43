import { isDecimalType } from "../key/decimal-shape.ts";
import type { KeyColumn } from "../key/key-column.ts";
import type { KeyType } from "../key/key-type.ts";
import type { ColumnBatch } from "./column-batch.ts";

/** SQL from a column of a key type to the one that {@link keyColumnFrom} reads. */
export function readExpression(type: KeyType, column: string): string {
  if (type === "boolean") return `${column}::UTINYINT`;
  // DuckDB's binding drops a byte order mark at the beginning of a text, so that none may begin with one.
  if (type === "text") return `'.' || ${column}`;
  return type === "hugeint" || isDecimalType(type) ? `${column}::VARCHAR` : column;
}

/** A key column of a batch, over the batch's own memory where DuckDB has it as one array. */
export function keyColumnFrom(batch: ColumnBatch, index: number, type: KeyType): KeyColumn {
  const isValid = batch.isValid(index);
  switch (type) {
    case "boolean":
      return { type, values: batch.uint8s(index), isValid };
    case "integer":
    case "timestamp":
    case "timestamp_ns":
    case "timestamptz":
      return { type, values: batch.int64s(index), isValid };
    case "double":
      return { type, values: batch.doubles(index), isValid };
    case "text":
      return { type, values: batch.texts(index).map((text) => text?.slice(1) ?? ""), isValid };
    case "blob":
      return { type, values: batch.blobs(index).map((bytes) => bytes ?? new Uint8Array()), isValid };
    case "date":
      return { type, values: batch.int32s(index), isValid };
    default:
      return { type, values: batch.texts(index).map(integerFrom), isValid };
  }
}

/** The unscaled integer of a number's text, which has all digits of its scale. */
function integerFrom(text: string | null): bigint {
  return text === null ? 0n : BigInt(text.replace(".", ""));
}
