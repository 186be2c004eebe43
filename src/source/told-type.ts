import { quoteIdentifier, quoteText } from "../duckdb/quote.ts";
import type { ColumnType } from "../job/job.ts";
import type { ResolvedJob, SourceColumn } from "../job/resolved-job.ts";
import type { KeyType } from "../key/key-type.ts";
import { sqlTypeOf } from "./sql-type.ts";

/**
 * The type in which a column of a CSV is read whose type was told: types that DuckDB would reach by rounding are read
 * as they are written, so that {@link typedReader} sees what would be lost.
 */
export function toldReadType(type: ColumnType): string {
  return textPattern(type) === null ? sqlTypeOf(type) : "VARCHAR";
}

/**
 * A reader whose columns have the types that the user told, for the filter and for everything behind it. A value that
 * a type could only hold by losing something is an error, because keys that lose something are merged; but a
 * timestamp told to be a date is its day.
 */
export function typedReader(job: ResolvedJob, reader: string): string {
  const told = job.columns.filter((column) => Object.hasOwn(job.source.types, column.name));
  if (told.length === 0) return reader;
  const casts = told.map(
    (column) =>
      `${exactCast(column, job.source.types[column.name]!, job.format)} as ${quoteIdentifier(column.name)}`,
  );
  const place = job.format === "csv" ? "file_index" : "file_index, file_row_number";
  return `(select * replace (${casts.join(", ")}), ${place} from ${reader})`;
}

function exactCast(column: SourceColumn, type: ColumnType, format: ResolvedJob["format"]): string {
  const found = quoteIdentifier(column.name);
  const value = `${found}::${sqlTypeOf(type)}`;
  const condition = holdsExactly(found, type, format === "csv" ? "VARCHAR" : column.foundType);
  if (condition === null) return value;
  const [before, after] = [
    `column "${column.name}" has `,
    `, which is not of type ${type}; tell another type with --type`,
  ];
  return `(case when ${found} is null or ${condition} then ${value}
    else error(concat(${quoteText(before)}, ${found}, ${quoteText(after)})) end)`;
}

/**
 * SQL that is true where a type holds a value (not NULL) of a column without loss; null where the cast alone tells.
 * `found` is SQL of the type `foundType`.
 */
export function holdsExactly(found: string, type: KeyType, foundType: string): string | null {
  return foundType === "VARCHAR" ? textCondition(found, type) : roundTrip(found, type, foundType);
}

/** What a text must look like to be a value of a type and to lose nothing; null where the cast alone tells. */
function textPattern(type: KeyType): string | null {
  if (type === "timestamp" || type === "timestamptz") return "[^.]*([.][0-9]{0,6}([^0-9].*)?)?";
  if (type !== "integer" && type !== "hugeint" && !type.startsWith("decimal")) return null;
  const scale = Number(/,(\d+)/.exec(type)?.[1] ?? 0);
  return ` *[+-]?[0-9]+${scale === 0 ? "" : `([.][0-9]{0,${scale}}0*)?`} *`;
}

function textCondition(found: string, type: KeyType): string | null {
  const pattern = textPattern(type);
  return pattern === null ? null : `regexp_full_match(${found}, ${quoteText(pattern)})`;
}

/** Whether the value comes back when it is cast to the told type and back. */
function roundTrip(found: string, type: KeyType, foundType: string): string | null {
  if (type === "text" || type === "date") return null;
  // The way back from a double would round as the way there did.
  const back = /INT$|INTEGER$/.test(foundType) ? "HUGEINT" : foundType;
  return `try_cast(${found}::${sqlTypeOf(type)} as ${back}) is not distinct from ${found}::${back}`;
}
