import { quoteIdentifier, quoteText } from "../duckdb/quote.ts";
import type { ResolvedJob } from "../job/resolved-job.ts";
import type { KeyType } from "../key/key-type.ts";
import { withPoint } from "./decimal-comma.ts";
import { FILE_MARK_SQL } from "./read-error.ts";
import { sqlTypeOf } from "./sql-type.ts";

/** A type that must hold every value of a column without loss. */
export interface ExactType {
  readonly type: Exclude<KeyType, "blob">;
  /** Whether the user told it; else it was found in the first rows of text. */
  readonly isTold: boolean;
}

/**
 * The type in which a column of a CSV is read that is made one of an exact type: what DuckDB would reach by losing
 * something is read as it is written, so that {@link typedReader} sees what would be lost.
 */
export function exactReadType(exact: ExactType): string {
  return textCondition("", exact) === null ? sqlTypeOf(exact.type) : "VARCHAR";
}

/**
 * A reader whose columns have some types exactly, for the filter and for everything behind it. A value that a type could
 * only hold by losing something is an error, because keys that lose something are merged; but a timestamp that the user
 * told to be a date is its day.
 */
export function typedReader(
  job: Pick<ResolvedJob, "format" | "dialect" | "columns">,
  types: ReadonlyMap<string, ExactType>,
  reader: string,
): string {
  const exact = job.columns.filter((column) => types.has(column.name));
  if (exact.length === 0) return reader;
  const isText = job.format !== "parquet";
  const casts = exact.map(({ name, foundType }) => {
    const to = types.get(name)!;
    const hasCommas = job.dialect?.decimal === "," && to.type.startsWith("decimal");
    const value = hasCommas ? withPoint(quoteIdentifier(name)) : quoteIdentifier(name);
    const cast = exactCast({ name, value }, to, isText ? "VARCHAR" : foundType);
    return `${cast} as ${quoteIdentifier(name)}`;
  });
  const place = isText ? "file_index" : "file_index, file_row_number";
  return `(select * replace (${casts.join(", ")}), ${place} from ${reader})`;
}

/** `value` is SQL over the column for what is cast. */
function exactCast(
  { name, value }: { readonly name: string; readonly value: string },
  to: ExactType,
  foundType: string,
): string {
  const found = quoteIdentifier(name);
  const sqlType = sqlTypeOf(to.type);
  const condition = foundType === "VARCHAR" ? textCondition(value, to) : roundTrip(value, to.type, foundType);
  if (condition === null) return `${value}::${sqlType}`;
  const advice = to.isTold ? "tell another type with --type" : "mend the row, or tell the type with --type";
  const [before, after] = [`column "${name}" has `, `, which is not of type ${to.type}; ${advice}`];
  const fail = `error(concat(${quoteText(before)}, ${found}, ${quoteText(after)}, ${FILE_MARK_SQL}))::${sqlType}`;
  return `coalesce(case when ${condition} then try_cast(${value} as ${sqlType}) end,
    case when ${found} is not null then ${fail} end)`;
}

/**
 * SQL that is true where a type that was told holds a value (not NULL) of a column without loss; null where the cast
 * alone tells. `found` is SQL of the type `foundType`.
 */
export function holdsExactly(found: string, type: KeyType, foundType: string): string | null {
  if (foundType !== "VARCHAR") return roundTrip(found, type, foundType);
  return type === "blob" ? null : textCondition(found, { type, isTold: true });
}

/** SQL for what a text must look like to be a value of a type and to lose nothing; null where the cast alone tells. */
function textCondition(found: string, { type, isTold }: ExactType): string | null {
  const looksLike = (pattern: string): string => `regexp_full_match(${found}, ${quoteText(pattern)})`;
  if (type === "integer" || type === "hugeint" || type.startsWith("decimal")) {
    const scale = Number(/,(\d+)/.exec(type)?.[1] ?? 0);
    return looksLike(` *[+-]?[0-9]+${scale === 0 ? "" : `([.][0-9]{0,${scale}}0*)?`} *`);
  }
  if (type === "date") return isTold ? null : looksLike(DAY);
  if (!type.startsWith("timestamp")) return null;
  // Of times that were found, less than a microsecond is left out; infinity is a time to DuckDB, and to nobody else.
  if (!isTold) return looksLike(".*[0-9].*");
  const fraction = looksLike(`[^.]*([.][0-9]{0,${type === "timestamp_ns" ? 9 : 6}}([^0-9].*)?)?`);
  if (type === "timestamptz") return fraction;
  return `(${fraction} and not regexp_matches(${found}, ${quoteText(OFFSET)}))`;
}

/** A day without a time, which a cast to a day would cut off. */
const DAY = " *-?[0-9]+[-/][0-9]+[-/][0-9]+( [(]BC[)])? *";

/** Behind a time, how far it is from UTC where it is not UTC: a cast to a time without a place would leave it out. */
const OFFSET = ":[^+-]*[+-][0-9:]*[1-9]";

/** Whether the value comes back when it is cast to the told type and back. */
function roundTrip(found: string, type: KeyType, foundType: string): string | null {
  if (type === "text" || type === "date") return null;
  // The way back from a double would round as the way there did.
  const back = /INT$|INTEGER$/.test(foundType) ? "HUGEINT" : foundType;
  return `try_cast(${found}::${sqlTypeOf(type)} as ${back}) is not distinct from ${found}::${back}`;
}
