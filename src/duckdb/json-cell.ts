import {
  DuckDBDecimalValue,
  DuckDBTypeId,
  type DuckDBValueConverter,
  type Json,
  JsonDuckDBValueConverter,
} from "@duckdb/node-api";

/** A value of a query's result, in the form that JSON can carry. */
export type JsonCell =
  | null
  | boolean
  | number
  | string
  | readonly JsonCell[]
  | { readonly [name: string]: JsonCell };

/** Decimal digits that every double keeps. */
const DOUBLE_DIGITS = 15;

const INTEGER_TYPES: ReadonlySet<DuckDBTypeId> = new Set([
  DuckDBTypeId.BIGINT,
  DuckDBTypeId.UBIGINT,
  DuckDBTypeId.HUGEINT,
  DuckDBTypeId.UHUGEINT,
]);

/**
 * A value of DuckDB without loss: whole numbers are numbers while a double holds them exactly, and decimals while
 * they have at most 15 digits; beyond that both are text. NaN and the infinities are text, as are dates, times and
 * blobs, in DuckDB's form. Lists are arrays, structs objects, maps arrays of `{key, value}`.
 */
export const jsonCell: DuckDBValueConverter<Json> = (value, type, converter) => {
  if (value === null) return null;
  if (INTEGER_TYPES.has(type.typeId)) {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : String(value);
  }
  if (value instanceof DuckDBDecimalValue) {
    const digits = value.value < 0n ? -value.value : value.value;
    return digits < 10n ** BigInt(DOUBLE_DIGITS) ? Number(value.toString()) : value.toString();
  }
  return JsonDuckDBValueConverter(value, type, converter);
};
