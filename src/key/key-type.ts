/**
 * The type of one key column. Integers of any width are one type, so that a key written as a 32-bit integer in
 * one file and as 64 bits in another is the same key; `hugeint` is for what does not fit 64 signed bits and has
 * the same canonical bytes.
 */
export type KeyType =
  | "boolean"
  | "integer"
  | "hugeint"
  | `decimal(${number},${number})`
  | "double"
  | "text"
  | "blob"
  | "date"
  | "timestamp"
  | "timestamp_ns"
  | "timestamptz";

/**
 * One value of a key column, as code carries it:
 * boolean → boolean; integer, hugeint → number when it is a safe integer, else bigint; decimal → the unscaled
 * integer, same rule; double → number; text → string; blob → bytes; date → days since 1970-01-01 (number);
 * timestamp, timestamptz → microseconds since 1970-01-01T00:00Z, timestamp_ns → nanoseconds, both number or bigint
 * as integers are. NULL is null for every type.
 */
export type KeyValue = null | boolean | number | bigint | string | Uint8Array;

/** One key column: its name in the source and its type. */
export interface KeyField {
  readonly name: string;
  readonly type: KeyType;
}
