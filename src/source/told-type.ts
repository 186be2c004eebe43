import { quoteIdentifier, quoteText } from "../duckdb/quote.ts";
import type { ColumnType } from "../job/job.ts";
import type { ResolvedJob } from "../job/resolved-job.ts";
import type { KeyType } from "../key/key-type.ts";
import { withPoint } from "./decimal-comma.ts";
import { sqlTypeOf } from "./sql-type.ts";

/**
 * The type in which a column of a CSV is read whose type was told: types that DuckDB would reach by rounding are read
 * as they are written, so that {@link typedReader} sees what would be lost.
 */
export function toldReadType(type: ColumnType): string {
  return textPattern(type) === null ? sqlTypeOf(type) : "VARCHAR";
}

/**
 * A reader whose columns have some types exactly, for the filter and for everything behind it: those that the user told.
 * A value that a type could only hold by losing something is an error, because keys that lose something are merged; but
 * a timestamp told to be a date is its day.
 */
export function typedReader(
  job: Pick<ResolvedJob, "format" | "dialect" | "columns">,
  types: ReadonlyMap<string, ColumnType>,
  reader: string,
): string {
  const told = job.columns.filter((column) => types.has(column.name));
  if (told.length === 0) return reader;
  const isText = job.format !== "parquet";
  const casts = told.map(({ name, foundType }) => {
    const type = types.get(name)!;
    const hasCommas = job.dialect?.decimal === "," && type.startsWith("decimal");
    const value = hasCommas ? withPoint(quoteIdentifier(name)) : quoteIdentifier(name);
    const cast = exactCast({ name, value }, type, isText ? "VARCHAR" : foundType);
    return `${cast} as ${quoteIdentifier(name)}`;
  });
  const place = isText ? "file_index" : "file_index, file_row_number";
  return `(select * replace (${casts.join(", ")}), ${place} from ${reader})`;
}

/** `value` is SQL over the column for what is cast. */
function exactCast(
  { name, value }: { readonly name: string; readonly value: string },
  type: ColumnType,
  foundType: string,
): string {
  const found = quoteIdentifier(name);
  const cast = `${value}::${sqlTypeOf(type)}`;
  const condition = holdsExactly(value, type, foundType);
  if (condition === null) return cast;
  const [before, after] = [
    `column "${name}" has `,
    `, which is not of type ${type}; tell another type with --type`,
  ];
  return `(case when ${found} is null or ${condition} then ${cast}
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
