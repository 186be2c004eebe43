import {
  binary,
  bool,
  type Column,
  columnFromArray,
  type DataType,
  float64,
  int32,
  int64,
  type Table,
  tableFromColumns,
  utf8,
} from "@uwdata/flechette";
import { ManyfitError } from "../../errors.ts";
import type { DecimalType } from "../../key/decimal-shape.ts";
import type { KeyColumn } from "../../key/key-column.ts";
import type { KeyField, KeyType } from "../../key/key-type.ts";

/** A value of a key column as it comes from Spark; see `keyExpression`. */
export type WireValue = boolean | bigint | number | string | Uint8Array | null;

/** Key columns of rows as Spark sent them, as the columns that keys are encoded from. */
export function keyColumnsFrom(
  values: readonly (readonly WireValue[])[],
  fields: readonly KeyField[],
): KeyColumn[] {
  return fields.map(({ type, name }, i) => {
    const column = values[i]!;
    const isValid = column.includes(null)
      ? Uint8Array.from(column, (value) => (value === null ? 0 : 1))
      : null;
    return withValidity(columnOf(column, type, name), isValid);
  });
}

function withValidity(column: KeyColumn, isValid: Uint8Array | null): KeyColumn {
  return { ...column, isValid };
}

function columnOf(values: readonly WireValue[], type: KeyType, name: string): KeyColumn {
  const isValid = null;
  switch (type) {
    case "boolean":
      return { type, values: Uint8Array.from(values, (value) => (value === true ? 1 : 0)), isValid };
    case "integer":
    case "timestamp":
    case "timestamptz":
      return { type, values: BigInt64Array.from(values, (value) => (value as bigint | null) ?? 0n), isValid };
    case "double":
      return { type, values: Float64Array.from(values, (value) => (value as number | null) ?? 0), isValid };
    case "text":
      return { type, values: values.map(textFrom), isValid };
    case "blob":
      return {
        type,
        values: values.map((value) => (value as Uint8Array | null) ?? new Uint8Array()),
        isValid,
      };
    case "date":
      return { type, values: Int32Array.from(values, (value) => (value as number | null) ?? 0), isValid };
    default:
      if (!type.startsWith("decimal"))
        throw new ManyfitError("internal", `key column "${name}": Spark has no type ${type}`);
      return { type: type as DecimalType, values: values.map(unscaledFrom), isValid };
  }
}

/** A byte order mark at the beginning is a part of the text. */
const UTF8 = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });

function textFrom(value: WireValue): string {
  return value === null ? "" : UTF8.decode(value as Uint8Array);
}

/** The unscaled integer of a decimal's text, which has all digits of its scale. */
function unscaledFrom(value: WireValue): bigint {
  return value === null ? 0n : BigInt((value as string).replace(".", ""));
}

/** Key columns `k0 …` for Spark, as it sent them. */
export function keyTable(values: readonly (readonly WireValue[])[], fields: readonly KeyField[]): Table {
  const columns = fields.map(({ type }, i) => {
    const column: Column<unknown> = columnFromArray(values[i]! as unknown[], wireType(type));
    return [`k${i}`, column] as const;
  });
  return tableFromColumns(Object.fromEntries(columns));
}

function wireType(type: KeyType): DataType {
  switch (type) {
    case "boolean":
      return bool();
    case "double":
      return float64();
    case "text":
    case "blob":
      return binary();
    case "date":
      return int32();
    case "integer":
    case "timestamp":
    case "timestamptz":
      return int64();
    default:
      return utf8();
  }
}
