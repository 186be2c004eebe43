import type { AppendColumn } from "../duckdb/append-column.ts";
import { decimalShape, isDecimalType } from "../key/decimal-shape.ts";
import type { KeyColumn } from "../key/key-column.ts";
import type { KeyType } from "../key/key-type.ts";

/** Digits of DuckDB's and Parquet's widest decimal. */
const WIDEST_DECIMAL = 38;

/**
 * Key values as DuckDB can be given them. Types without an array of their own travel as text, booleans as 0 and 1:
 * {@link storedExpression} makes of them what is stored.
 */
export function appendColumnOf(column: KeyColumn): AppendColumn {
  const { isValid } = column;
  switch (column.type) {
    case "boolean":
      return { type: "UTINYINT", values: column.values, isValid };
    case "integer":
      return { type: "BIGINT", values: column.values, isValid };
    case "timestamp":
      return { type: "TIMESTAMP", values: column.values, isValid };
    case "timestamp_ns":
      return { type: "TIMESTAMP_NS", values: column.values, isValid };
    case "timestamptz":
      return { type: "TIMESTAMPTZ", values: column.values, isValid };
    case "double":
      return { type: "DOUBLE", values: column.values, isValid };
    case "text":
      return { type: "VARCHAR", values: column.values, isValid };
    case "blob":
      return { type: "BLOB", values: column.values, isValid };
    case "date":
      return { type: "DATE", values: column.values, isValid };
    default:
      return { type: "VARCHAR", values: column.values.map(integerText(column.type)), isValid };
  }
}

/** The type of the DuckDB column that {@link appendColumnOf} writes to. */
export function appendTypeOf(type: KeyType): AppendColumn["type"] {
  switch (type) {
    case "boolean":
      return "UTINYINT";
    case "integer":
      return "BIGINT";
    case "timestamp":
      return "TIMESTAMP";
    case "timestamp_ns":
      return "TIMESTAMP_NS";
    case "timestamptz":
      return "TIMESTAMPTZ";
    case "double":
      return "DOUBLE";
    case "blob":
      return "BLOB";
    case "date":
      return "DATE";
    default:
      return "VARCHAR";
  }
}

/**
 * SQL from an appended column to the stored one. Parquet has no 128-bit integer and DuckDB writes one as a double,
 * which loses digits, so a hugeint is stored as a decimal of 38 digits, and as text where one of the run has more.
 */
export function storedExpression(type: KeyType, column: string, isWide: boolean): string {
  if (type === "boolean") return `${column}::BOOLEAN`;
  if (type === "hugeint") return isWide ? column : `${column}::DECIMAL(${WIDEST_DECIMAL},0)`;
  return isDecimalType(type) ? `${column}::${type.toUpperCase()}` : column;
}

/** Whether a column has an integer with more digits than the widest decimal. */
export function isWideColumn(column: KeyColumn): boolean {
  if (column.type !== "hugeint") return false;
  const limit = 10n ** BigInt(WIDEST_DECIMAL);
  return column.values.some((value) => value >= limit || value <= -limit);
}

function integerText(type: KeyType): (value: bigint) => string {
  const scale = isDecimalType(type) ? decimalShape(type).scale : 0;
  if (scale === 0) return String;
  return (value) => {
    const digits = String(value < 0n ? -value : value).padStart(scale + 1, "0");
    return `${value < 0n ? "-" : ""}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  };
}
