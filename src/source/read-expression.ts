import { quoteIdentifier, quoteText } from "../duckdb/quote.ts";
import type { SourceColumn } from "../job/resolved-job.ts";
import { parseDecimalShape } from "../key/decimal-shape.ts";
import type { KeyField } from "../key/key-type.ts";
import type { ReadColumn } from "../table/read-column.ts";
import { sqlTypeOf } from "./sql-type.ts";

/** A column as trainers read it, see `FieldType`. */
export function readExpression(
  { name, type, hasValidity, isInteger }: ReadColumn,
  columns: readonly SourceColumn[],
): string {
  const value = quoteIdentifier(name);
  const { sqlType } = columns.find((column) => column.name === name)!;
  const number = isInteger ? exactInteger(name, sqlType) : numberExpression(value, type, sqlType);
  if (type === "text") return `${value}::VARCHAR`;
  return hasValidity ? number : `coalesce(${number}, 'nan'::double)`;
}

function numberExpression(value: string, type: ReadColumn["type"], sqlType: string): string {
  if (type === "boolean") return `${value}::BOOLEAN::TINYINT::DOUBLE`;
  if (type === "date") return `epoch_ms(${value}::DATE::TIMESTAMP)::DOUBLE`;
  if (type !== "timestamp") return doubleExpression(value, sqlType);
  if (sqlType === "TIMESTAMP_NS") {
    const at = `${value}::TIMESTAMP_NS`;
    // From microseconds where there are whole ones, so that a millisecond is not rounded twice.
    return `(case when epoch_ns(${at}) % 1000 = 0 then epoch_us(${at})::DOUBLE / 1000 else epoch_ns(${at})::DOUBLE / 1e6 end)`;
  }
  return `(epoch_us(${value}${sqlType.endsWith("ZONE") ? "" : "::TIMESTAMP"})::DOUBLE / 1000)`;
}

/**
 * The nearest double. DuckDB divides the unscaled integer of a decimal by a power of ten, which is right where both are
 * doubles, and misses by one in the last place where not; its cast of a text is always right.
 */
function doubleExpression(value: string, sqlType: string): string {
  const shape = parseDecimalShape(sqlType.toLowerCase());
  if (shape === null || shape.width < LARGEST_EXACT.length) return `${value}::DOUBLE`;
  const { scale } = shape;
  const fromText = `${value}::VARCHAR::DOUBLE`;
  if (scale > LARGEST_EXACT_POWER) return fromText;
  const digits = LARGEST_EXACT.padStart(scale + 1, "0");
  const bound = `${digits.slice(0, digits.length - scale)}.${digits.slice(digits.length - scale)}`;
  return `(case when abs(${value}) <= '${bound}'::${sqlType} then ${value}::DOUBLE else ${fromText} end)`;
}

/** 2^53 - 1: up to here every integer is a double. */
const LARGEST_EXACT = "9007199254740991";

/** Up to here every power of ten is a double. */
const LARGEST_EXACT_POWER = 22;

/** What the error of {@link exactInteger} holds. */
export function inexactMark(name: string): string {
  return `column "${name}" has an integer that a number cannot hold exactly`;
}

/** SQL that is true of a double that stands for no integer but its own, and of what is not finite, which is no integer. */
export function isExact(double: string): string {
  return `(abs(${double}) <= ${LARGEST_EXACT} or not isfinite(${double}))`;
}

/** SQL of an integer as a double, or an error where a double may not hold it exactly. `sqlType` is that of the column. */
export function exactInteger(name: string, sqlType: string): string {
  const value = quoteIdentifier(name);
  const double = doubleExpression(value, sqlType);
  const text = quoteText(
    `${inexactMark(name)} (read it as text with --type ${name}=text, or rounded with --type ${name}=double): `,
  );
  // Of a text that was read as a double its digits are not known any more.
  const shown = /^(DOUBLE|FLOAT)$/.test(sqlType)
    ? `concat('about ', coalesce(try_cast(${double} as HUGEINT)::VARCHAR, ${value}::VARCHAR))`
    : value;
  return `(case when ${value} is null or ${isExact(double)} then ${double}
    else error(concat(${text}, ${shown}))::DOUBLE end)`;
}

/** Floats have one NaN and one zero; everything else is its own canonical form once it has its type. */
export function canonicalKey({ name, type }: KeyField): string {
  const value = `${quoteIdentifier(name)}::${sqlTypeOf(type)}`;
  return type === "double" ? `(case when isnan(${value}) then 'nan'::double else ${value} + 0.0 end)` : value;
}
