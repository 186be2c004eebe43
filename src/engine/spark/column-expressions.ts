import { ManyfitError } from "../../errors.ts";
import type { ResolvedJob, SourceColumn } from "../../job/resolved-job.ts";
import type { KeyType } from "../../key/key-type.ts";
import { isIntegerType, keyTypeOf } from "../../source/sql-type.ts";
import type { ReadColumn } from "../../table/read-column.ts";
import { quoteName } from "./relations.ts";

/** A column of `SparkKeys.rows` as Spark's SQL over the source. */
export interface UsedColumn {
  readonly name: string;
  readonly sql: string;
}

/** The columns that a job uses: keys, values, validity and order. All times are UTC. */
export function usedColumns({ keyFields, readColumns, orderBy, columns }: ResolvedJob): UsedColumn[] {
  return [
    ...keyFields.map(({ name, type }, i) => ({ name: `k${i}`, sql: keyExpression(name, type) })),
    ...readColumns.map((read, i) => ({ name: `c${i}`, sql: valueExpression(read) })),
    ...readColumns.flatMap(({ name, hasValidity }, i) =>
      hasValidity ? [{ name: `v${i}`, sql: `cast(${quoteName(name)} is not null as tinyint)` }] : [],
    ),
    ...orderBy.map((name, i) => ({ name: `o${i}`, sql: orderExpression(name, columns) })),
  ];
}

/** A column as it stands in a select. */
export function selected({ name, sql }: UsedColumn): string {
  return `${sql} as ${name}`;
}

/**
 * A column as key, in one of the types that go to the driver and back without loss: bigint (integers, microseconds of
 * times), int (days of dates), double with one NaN and one zero, binary (UTF-8 of texts), text of decimals, boolean.
 * Equal keys are equal values there.
 */
export function keyExpression(name: string, type: KeyType): string {
  const value = quoteName(name);
  switch (type) {
    case "boolean":
      return value;
    case "integer":
      return `cast(${value} as bigint)`;
    case "double":
      return canonicalDouble(value);
    case "text":
      return `cast(${validText(value)} as binary)`;
    case "blob":
      return value;
    case "date":
      return `unix_date(${value})`;
    case "timestamp":
    case "timestamptz":
      return `unix_micros(cast(${value} as timestamp))`;
    default:
      if (type.startsWith("decimal")) return `cast(${value} as string)`;
      throw new ManyfitError("internal", `column "${name}": Spark has no type ${type}`);
  }
}

/** A column as trainers read it, see `FieldType`: a double, NULL as NaN, or a text, NULL as the empty one. */
export function valueExpression({ name, type, isInteger }: ReadColumn): string {
  const value = quoteName(name);
  if (type === "text") return `coalesce(${validText(value)}, '')`;
  const number = isInteger ? exactInteger(name) : numberExpression(value, type);
  return `coalesce(${number}, double('NaN'))`;
}

/** SQL that is true where no value in a column `c…` that is a double is NaN or infinite. */
export function finiteCondition(column: string): string {
  return `abs(${column}) <= 1.7976931348623157E308D`;
}

function numberExpression(value: string, type: ReadColumn["type"]): string {
  if (type === "date") return `cast(unix_date(${value}) as double) * 86400000D`;
  if (type === "timestamp") return `cast(unix_micros(cast(${value} as timestamp)) as double) / 1000D`;
  return `cast(${value} as double)`;
}

/** An integer as a double, or an error where a double may not hold it exactly. */
function exactInteger(name: string): string {
  const value = quoteName(name);
  const number = `cast(${value} as double)`;
  const text = `column "${name}" has an integer that a number cannot hold exactly (read it as text or rounded, by a query such as sql:select cast(… as double)): `;
  return `case when ${value} is null or abs(${number}) <= 9007199254740991D then ${number}
    else cast(raise_error(concat(${quoteSparkText(text)}, ${value})) as double) end`;
}

/** Text of any collation by its bytes, which have to be UTF-8. */
function validText(value: string): string {
  return `validate_utf8(cast(${value} as string collate UTF8_BINARY))`;
}

/** Floats have one NaN and one zero. */
function canonicalDouble(value: string): string {
  const number = `cast(${value} as double)`;
  return `case when isnan(${number}) then double('NaN') when ${number} = 0D then 0D else ${number} end`;
}

/** Spark sorts NaN behind all numbers, and bytes as unsigned ones. */
function orderExpression(name: string, columns: readonly SourceColumn[]): string {
  const { sqlType } = columnOf(name, columns);
  const type = keyTypeOf(sqlType);
  if (type === null || type.startsWith("decimal")) return quoteName(name);
  return keyExpression(name, isIntegerType(sqlType) ? "integer" : type);
}

function columnOf(name: string, columns: readonly SourceColumn[]): SourceColumn {
  const column = columns.find((candidate) => candidate.name === name);
  if (column === undefined) throw new ManyfitError("internal", `column "${name}" is none of the source`);
  return column;
}

/** A text as Spark's SQL has it, whatever is in it. */
export function quoteSparkText(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
