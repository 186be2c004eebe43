import type { KeyField, KeyType, KeyValue, Manifest, OpenedRun } from "../index.ts";
import { displayKey, displayKeyValue } from "../key/display-key.ts";
import { hexFromBytes, parseHex } from "../key/hex-text.ts";
import { integerFromBigInt } from "../key/integer-range.ts";
import { keyValueToJson } from "../key/key-value-to-json.ts";
import { sqlName, sqlText } from "./sql-text.ts";

/** A value of a query's result. */
export type Cell = Awaited<ReturnType<OpenedRun["query"]>>["rows"][number][number];

/** A key field and its column in the tables of a run. */
export type StoredKeyField = Manifest["keys"][number];

const INFINITE_TICKS = 2n ** 63n - 1n;

/** SQL for the key columns of a table, each in a form that {@link keyFromCells} reads without loss. */
export function keySelectList(fields: readonly StoredKeyField[], table: string): string[] {
  return fields.map((field) => cellExpression(field.type, `${table}.${sqlName(field.column)}`));
}

/** The values of a key from the cells of {@link keySelectList}. */
export function keyFromCells(fields: readonly KeyField[], cells: readonly Cell[]): KeyValue[] {
  return fields.map(({ type }, i) => valueFromCell(type, cells[i] ?? null));
}

/** SQL that is true for the rows of a table that have the key. */
export function keyPredicate(
  fields: readonly StoredKeyField[],
  key: readonly KeyValue[],
  table: string,
): string {
  const terms = keySelectList(fields, table).map((expression, i) => {
    const value = key[i] ?? null;
    const literal = value === null ? "null" : literalOf(fields[i]!.type, value);
    return `${expression} is not distinct from ${literal}`;
  });
  return terms.length === 0 ? "true" : terms.join(" and ");
}

/** A key for a line of examples: the value alone where there is one field, else names and values. */
export function shortKey(fields: readonly KeyField[], key: readonly KeyValue[]): string {
  const [first] = fields;
  return fields.length === 1 && first ? displayKeyValue(first.type, key[0] ?? null) : displayKey(fields, key);
}

/** A key as JSON: names and values. */
export function keyToJson(
  fields: readonly KeyField[],
  key: readonly KeyValue[],
): Record<string, null | boolean | number | string> {
  return Object.fromEntries(fields.map(({ name, type }, i) => [name, keyValueToJson(type, key[i] ?? null)]));
}

function cellExpression(type: KeyType, column: string): string {
  switch (type) {
    case "boolean":
    case "integer":
    case "double":
    case "text":
      return column;
    case "blob":
      return `hex(${column})`;
    case "date":
      return `(${column} - date '1970-01-01')`;
    case "timestamp":
    case "timestamptz":
      return `coalesce(epoch_us(${column}), ${infiniteTicks(column)})`;
    case "timestamp_ns":
      return `epoch_ns(${column})`;
    default:
      return `${column}::VARCHAR`;
  }
}

/** DuckDB has no number for the infinite timestamps. */
function infiniteTicks(column: string): string {
  return `case when isinf(${column}) then if(${column} > '1970-01-01', ${INFINITE_TICKS}, -${INFINITE_TICKS}) end`;
}

function valueFromCell(type: KeyType, cell: Cell): KeyValue {
  if (cell === null) return null;
  switch (type) {
    case "boolean":
      return cell === true;
    case "double":
      return Number(cell);
    case "text":
      return String(cell);
    case "blob":
      return parseHex(String(cell));
    default:
      // Decimals are the unscaled integer, and their text has all digits of the scale.
      return integerFromBigInt(BigInt(String(cell).replace(".", "")));
  }
}

function literalOf(type: KeyType, value: Exclude<KeyValue, null>): string {
  switch (type) {
    case "text":
      return sqlText(String(value));
    case "blob":
      return sqlText(hexFromBytes(value as Uint8Array).toUpperCase());
    case "double":
      return `${sqlText(String(value))}::DOUBLE`;
    case "boolean":
    case "integer":
    case "date":
    case "timestamp":
    case "timestamptz":
    case "timestamp_ns":
      return String(value);
    default:
      return sqlText(String(keyValueToJson(type, value)));
  }
}
