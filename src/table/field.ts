/**
 * The types of columns that trainers read. All but `text` are arrays of doubles: `double` for every number (integers
 * only where a double holds them exactly), `boolean` as 0 and 1, `date` and `timestamp` as milliseconds since
 * 1970-01-01T00:00Z, microseconds as fractions of them, so that `new Date(value)` is right for both.
 */
export type FieldType = "double" | "boolean" | "date" | "timestamp" | "text";

/** Name and type of one column. */
export interface Field {
  readonly name: string;
  readonly type: FieldType;
}
