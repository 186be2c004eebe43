import type { DecimalType } from "./decimal-shape.ts";
import type { KeyType } from "./key-type.ts";

interface ColumnOf<Type extends KeyType, Values> {
  readonly type: Type;
  /** One entry per row; the entry of a NULL means nothing. */
  readonly values: Values;
  /** One entry per row: 1 = a value, 0 = NULL. Null when no row is NULL. */
  readonly isValid: Uint8Array | null;
}

/**
 * Many values of one key column, in the array that suits its type: boolean as 0 and 1; integers; timestamps in
 * their own unit (micro- or nanoseconds) since 1970; hugeint and decimal (unscaled) as bigints; dates in days since
 * 1970-01-01.
 */
export type KeyColumn =
  | ColumnOf<"boolean", Uint8Array>
  | ColumnOf<"integer" | "timestamp" | "timestamp_ns" | "timestamptz", BigInt64Array>
  | ColumnOf<"hugeint" | DecimalType, readonly bigint[]>
  | ColumnOf<"double", Float64Array>
  | ColumnOf<"text", readonly string[]>
  | ColumnOf<"blob", readonly Uint8Array[]>
  | ColumnOf<"date", Int32Array>;
