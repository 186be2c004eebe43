import type { KeyType } from "../key/key-type.ts";
import type { FieldType } from "../table/field.ts";
import { isNumericType } from "./source-schema.ts";

const SQL_TYPES = {
  boolean: "BOOLEAN",
  integer: "BIGINT",
  hugeint: "HUGEINT",
  double: "DOUBLE",
  text: "VARCHAR",
  blob: "BLOB",
  date: "DATE",
  timestamp: "TIMESTAMP",
  timestamp_ns: "TIMESTAMP_NS",
  timestamptz: "TIMESTAMP WITH TIME ZONE",
} as const;

/** The DuckDB type that holds a key type. */
export function sqlTypeOf(type: KeyType): string {
  return type.startsWith("decimal") ? type.toUpperCase() : SQL_TYPES[type as keyof typeof SQL_TYPES];
}

const KEY_TYPES: Readonly<Record<string, KeyType>> = {
  BOOLEAN: "boolean",
  TINYINT: "integer",
  SMALLINT: "integer",
  INTEGER: "integer",
  BIGINT: "integer",
  UTINYINT: "integer",
  USMALLINT: "integer",
  UINTEGER: "integer",
  UBIGINT: "hugeint",
  HUGEINT: "hugeint",
  FLOAT: "double",
  DOUBLE: "double",
  VARCHAR: "text",
  UUID: "text",
  BLOB: "blob",
  DATE: "date",
  TIMESTAMP: "timestamp",
  TIMESTAMP_S: "timestamp",
  TIMESTAMP_MS: "timestamp",
  TIMESTAMP_NS: "timestamp_ns",
  "TIMESTAMP WITH TIME ZONE": "timestamptz",
};

/** The key type of a DuckDB type; null for types that cannot be keys, such as lists, structs and times of day. */
export function keyTypeOf(sqlType: string): KeyType | null {
  if (sqlType.startsWith("ENUM(")) return "text";
  if (/^DECIMAL\(\d+,\d+\)$/.test(sqlType)) return sqlType.toLowerCase() as KeyType;
  return KEY_TYPES[sqlType] ?? null;
}

/** Whether a DuckDB type holds whole numbers only. */
export function isIntegerType(sqlType: string): boolean {
  const type = keyTypeOf(sqlType);
  return type === "integer" || type === "hugeint";
}

/** How a trainer reads a column of a DuckDB type; null for types that trainers cannot read. */
export function fieldTypeOf(sqlType: string): FieldType | null {
  if (isNumericType(sqlType)) return "double";
  switch (keyTypeOf(sqlType)) {
    case "text":
      return "text";
    case "boolean":
      return "boolean";
    case "date":
      return "date";
    case "timestamp":
    case "timestamp_ns":
    case "timestamptz":
      return "timestamp";
    default:
      return null;
  }
}
