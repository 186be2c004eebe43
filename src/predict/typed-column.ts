import { quoteIdentifier, quoteText } from "../duckdb/quote.ts";
import type { Dialect } from "../job/dialect.ts";
import type { SourceColumn, SourceFormat } from "../job/resolved-job.ts";
import type { KeyType } from "../key/key-type.ts";
import { withPoint } from "../source/decimal-comma.ts";
import { holdsExactly } from "../source/told-type.ts";

/** What a column is to a prediction. */
export type ColumnRole = "key" | "read" | "told" | "other";

/** A column of the source, as it lies there and as it is read. */
export interface TypedColumn {
  readonly name: string;
  readonly role: ColumnRole;
  /** DuckDB's type of {@link expression}. */
  readonly sqlType: string;
  /** SQL over the raw column; it fails with {@link cellMark} of the column for a value that is not of the type. */
  readonly expression: string;
  /** SQL that is true for such a value; null where there can be none. */
  readonly isBad: string | null;
  /** What is said of such a value, behind it. */
  readonly problem: string;
}

/** How values are written in the files of a source. */
export interface ValueForm {
  readonly format: SourceFormat;
  /** Of CSV files; null for all others. */
  readonly dialect: Pick<Dialect, "decimal" | "nullTexts"> | null;
}

/** How a column is to be read. */
export interface ReadingAs {
  readonly form: ValueForm;
  readonly sqlType: string;
  /** The key type that must hold every value without loss; null where a cast says enough. */
  readonly exactly: KeyType | null;
  readonly role: ColumnRole;
}

/** What DuckDB's error holds when a cell is not of its column's type. */
export function cellMark(column: string): string {
  return `cell of ${JSON.stringify(column)} is not of its type`;
}

/** What DuckDB's error holds when a promise of ours is broken, and nothing is wrong with the source. */
export const BROKEN_PROMISE = "prediction is broken: ";

/**
 * A column with the SQL that reads it. The text of a CSV that is empty or one of those that stand for NULL is NULL, in
 * quotes or not, as in training.
 */
export function typedColumn(
  column: SourceColumn,
  { form: { format, dialect }, sqlType, exactly, role }: ReadingAs,
): TypedColumn {
  const { name } = column;
  const raw = quoteIdentifier(name);
  const hasCommas = dialect?.decimal === "," && /^(DOUBLE|DECIMAL)/.test(sqlType);
  const text = dialect === null ? raw : withNull(raw, dialect.nullTexts);
  const value = hasCommas ? withPoint(text) : text;
  const foundType = format === "parquet" ? column.foundType : "VARCHAR";
  const problem = problemOf(sqlType, exactly, role);
  if (foundType === sqlType) return { name, role, sqlType, expression: value, isBad: null, problem };
  if (sqlType === "VARCHAR")
    return { name, role, sqlType, expression: `${value}::VARCHAR`, isBad: null, problem };
  const condition = exactly === null ? null : holdsExactly(value, exactly, foundType);
  // In this order: what cannot be cast at all must not reach the condition.
  const cases = `when ${value} is null then`;
  const isUncastable = `when try_cast(${value} as ${sqlType}) is null then`;
  const isInexact = condition === null ? null : `when not (${condition}) then`;
  const fail = `error(${quoteText(cellMark(name))})`;
  const losing = (result: string): string => (isInexact === null ? "" : `${isInexact} ${result}`);
  return {
    name,
    role,
    sqlType,
    expression: `(case ${cases} null ${isUncastable} ${fail} ${losing(fail)} else ${value}::${sqlType} end)`,
    isBad: `(case ${cases} false ${isUncastable} true ${losing("true")} else false end)`,
    problem,
  };
}

function withNull(raw: string, nullTexts: readonly string[]): string {
  if (nullTexts.length === 0) return `nullif(${raw}, '')`;
  return `(case when ${raw} in (${["", ...nullTexts].map(quoteText).join(", ")}) then null else ${raw} end)`;
}

function problemOf(sqlType: string, exactly: KeyType | null, role: ColumnRole): string {
  if (role === "key") return `which is not of type ${exactly}, as the keys of the run are; mend the row`;
  if (exactly !== null) return `which is not of type ${exactly}; tell another type with --type`;
  return sqlType === "DOUBLE"
    ? "which is not a number; mend the row"
    : `which is not of type ${sqlType}; mend the row, or tell the type with --type`;
}
