import { quoteIdentifier } from "../duckdb/quote.ts";
import type { ResolvedJob, SourceColumn } from "../job/resolved-job.ts";
import { isCommaNumber } from "./decimal-comma.ts";
import { isIntegerType, keyTypeOf } from "./sql-type.ts";
import { type ExactType, exactReadType } from "./told-type.ts";
import { mentions } from "./used-columns.ts";

/**
 * The types to which columns of a job are cast exactly: those that were told, and in text those of days, times, and whole
 * numbers that only the filter or the order looks at. Found in a sample they may be something else further down, which a
 * cast would round or cut.
 */
export function exactTypes(job: ResolvedJob): ReadonlyMap<string, ExactType> {
  const types = new Map<string, ExactType>();
  for (const [name, type] of Object.entries(job.source.types)) types.set(name, { type, isTold: true });
  if (job.format === "parquet") return types;
  const read = new Set(job.readColumns.map((column) => column.name));
  const used = usedTypes(job);
  for (const { name, sqlType, fieldType } of job.columns) {
    if (types.has(name) || !used.has(name) || used.get(name) === "VARCHAR") continue;
    const isTime = fieldType === "date" || fieldType === "timestamp";
    const isExact = isTime || (isIntegerType(sqlType) && !read.has(name));
    if (isExact) types.set(name, { type: keyTypeOf(sqlType) as ExactType["type"], isTold: false });
  }
  return types;
}

/** The DuckDB type in which each column of the CSV files of a job is read. What nobody looks at is text. */
export function csvTypes(job: ResolvedJob): (name: string) => string {
  const exact = exactTypes(job);
  const types = usedTypes(job);
  return (name) => {
    const told = exact.get(name);
    return told === undefined ? (types.get(name) ?? "VARCHAR") : exactReadType(told);
  };
}

/** The fields of the NDJSON files of a job that somebody looks at, each as SQL over its text that gives its type. */
export function ndjsonFields(job: ResolvedJob): Map<string, string> {
  const exact = exactTypes(job);
  const used = usedTypes(job);
  const fields = new Map<string, string>();
  for (const { name } of job.columns) {
    const type = used.get(name);
    if (type === undefined && !exact.has(name)) continue;
    const text = quoteIdentifier(name);
    fields.set(name, exact.has(name) || type === "VARCHAR" ? text : `${text}::${type}`);
  }
  return fields;
}

/** Whether some column of the CSV files of a job that somebody looks at is read as text, if only to be made numbers. */
export function readsText(job: ResolvedJob): boolean {
  const { dialect } = job;
  const typeOf = csvTypes(job);
  const used = [...usedTypes(job).keys(), ...exactTypes(job).keys()];
  return used.some((name) => {
    const type = typeOf(name);
    return type === "VARCHAR" || (dialect !== null && isCommaNumber(dialect, type));
  });
}

/** The types of the columns of text files that somebody looks at. */
export function usedTypes(job: ResolvedJob): Map<string, string> {
  const keys = new Set(job.keyFields.map((field) => field.name));
  const read = new Map(job.readColumns.map((column) => [column.name, column]));
  const types = new Map<string, string>();
  for (const column of job.columns) {
    const { name } = column;
    const isLookedAt = job.orderBy.includes(name) || mentions(job.source.where, name);
    const type = keys.has(name) ? "VARCHAR" : typeFor(column, read.get(name)?.type, isLookedAt);
    if (type !== null) types.set(name, type);
  }
  return types;
}

function typeFor(
  { sqlType, isNumeric }: SourceColumn,
  readAs: string | undefined,
  isLookedAt: boolean,
): string | null {
  if (readAs === "double") return sqlType === "BOOLEAN" ? "BOOLEAN" : "DOUBLE";
  if (readAs === undefined && !isLookedAt) return null;
  // Integers found in a sample may be decimals further down: all numbers of text are read as doubles.
  return isNumeric ? "DOUBLE" : sqlType;
}
