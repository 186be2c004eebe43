import type { Connection } from "../duckdb/duckdb.ts";
import { quoteIdentifier, quoteText } from "../duckdb/quote.ts";
import { readCsv, readParquet } from "../duckdb/read-files.ts";
import { ManyfitError } from "../errors.ts";
import type { ResolvedJob } from "../job/resolved-job.ts";
import type { KeyField } from "../key/key-type.ts";
import type { ReadColumn } from "../table/read-column.ts";
import { readErrorFrom } from "./read-error.ts";
import type { SourceSchema } from "./source-schema.ts";
import { sqlTypeOf } from "./sql-type.ts";
import { toldReadType, typedReader } from "./told-type.ts";

/**
 * The used columns of a source as a DuckDB relation: keys `k0 …` in canonical form, the trainer's columns `c0 …` (a
 * double, NULL as NaN unless the two are told apart, or a VARCHAR), and `position`, a double that numbers the rows in
 * canonical order: by file, then by place in the file.
 */
export interface Relation {
  /** What stands after `from`. */
  readonly sql: string;
  /** Named in messages about reading that do not say which file. */
  readonly firstFile: string;
  readonly keyCount: number;
  readonly columns: readonly ReadColumn[];
  readonly rowCount: number;
  /** Rows of each file that pass the filter. */
  readonly fileRows: readonly number[];
}

/** Name of the table into which text is read once. */
const STAGED = "staged";

/**
 * Makes the relation of a job. Text is read here, once and whole, into a table that spills to disk where memory
 * ends: parsing it twice would cost more, and could see two different files. Parquet is read where it lies.
 */
export async function createRelation(
  job: ResolvedJob,
  schema: SourceSchema,
  connection: Connection,
): Promise<Relation> {
  try {
    if (schema.format === "csv") return await stageCsv(job, schema, connection);
    return await parquetRelation(job, schema, connection);
  } catch (error) {
    throw readErrorFrom(error, job.files[0]!.path);
  }
}

async function stageCsv(
  job: ResolvedJob,
  schema: Extract<SourceSchema, { format: "csv" }>,
  connection: Connection,
): Promise<Relation> {
  const reader = readerOf(job, schema);
  await checkFilter(job, schema, connection);
  await connection.run(
    `create or replace table ${STAGED} as select ${selectList(job)}, file_index::integer as file
     from (select *, file_index from ${reader} ${whereClause(job)})`,
  );
  const counts = await connection.rows<{ file: number; n: number }>(
    `select file, count(*)::double as n from ${STAGED} group by file`,
  );
  const fileRows = fileRowsFrom(counts, job.files.length);
  return relationOf(job, fileRows, `(select *, rowid::double as position from ${STAGED})`);
}

async function parquetRelation(
  job: ResolvedJob,
  schema: Extract<SourceSchema, { format: "parquet" }>,
  connection: Connection,
): Promise<Relation> {
  const reader = readerOf(job, schema);
  await checkFilter(job, schema, connection);
  const { fileRows } = schema;
  if (fileRows === null) throw new ManyfitError("internal", "rows of the source's files were not counted");
  const sql = `(select ${selectList(job)}, ${positionOf(fileRows)} as position from ${reader} ${whereClause(job)})`;
  if (job.source.where === null) return relationOf(job, fileRows, sql);
  const counts = await connection.rows<{ file: number; n: number }>(
    `select file_index::integer as file, count(*)::double as n from ${reader} ${whereClause(job)} group by file_index`,
  );
  return relationOf(job, fileRowsFrom(counts, job.files.length), sql);
}

function relationOf(job: ResolvedJob, fileRows: readonly number[], sql: string): Relation {
  const rowCount = fileRows.reduce((sum, rows) => sum + rows, 0);
  return {
    sql,
    firstFile: job.files[0]!.path,
    keyCount: job.keyFields.length,
    columns: job.readColumns,
    rowCount,
    fileRows,
  };
}

function fileRowsFrom(counts: readonly { file: number; n: number }[], fileCount: number): number[] {
  const rows = new Array<number>(fileCount).fill(0);
  for (const { file, n } of counts) rows[file] = n;
  return rows;
}

/** Where a file's rows begin, plus the row's place in the file. */
export function positionOf(fileRows: readonly number[]): string {
  if (fileRows.length === 1) return "file_row_number::double";
  const starts: number[] = [];
  let start = 0;
  for (const rows of fileRows) {
    starts.push(start);
    start += rows;
  }
  return `(list_extract([${starts.join(", ")}]::bigint[], (file_index + 1)::bigint) + file_row_number)::double`;
}

function selectList(job: ResolvedJob): string {
  const keys = job.keyFields.map((field, i) => `${canonicalKey(field)} as k${i}`);
  const columns = job.readColumns.map((column, i) => `${readExpression(column, job.columns)} as c${i}`);
  return [...keys, ...columns].join(", ");
}

/** A column as trainers read it, see `FieldType`. */
export function readExpression(
  { name, type, hasValidity, isInteger }: ReadColumn,
  columns: ResolvedJob["columns"],
): string {
  const value = quoteIdentifier(name);
  const { sqlType } = columns.find((column) => column.name === name)!;
  const number = isInteger ? exactInteger(name) : numberExpression(value, type, sqlType);
  if (type === "text") return `${value}::VARCHAR`;
  return hasValidity ? number : `coalesce(${number}, 'nan'::double)`;
}

function numberExpression(value: string, type: ReadColumn["type"], sqlType: string): string {
  if (type === "boolean") return `${value}::BOOLEAN::TINYINT::DOUBLE`;
  if (type === "date") return `epoch_ms(${value}::DATE::TIMESTAMP)::DOUBLE`;
  if (type !== "timestamp") return `${value}::DOUBLE`;
  if (sqlType === "TIMESTAMP_NS") {
    const at = `${value}::TIMESTAMP_NS`;
    // From microseconds where there are whole ones, so that a millisecond is not rounded twice.
    return `(case when epoch_ns(${at}) % 1000 = 0 then epoch_us(${at})::DOUBLE / 1000 else epoch_ns(${at})::DOUBLE / 1e6 end)`;
  }
  return `(epoch_us(${value}${sqlType.endsWith("ZONE") ? "" : "::TIMESTAMP"})::DOUBLE / 1000)`;
}

/** An integer as a double, or an error where a double may not hold it exactly. */
function exactInteger(name: string): string {
  const value = quoteIdentifier(name);
  const text = quoteText(inexactInteger(name));
  return `(case when ${value} is null or abs(${value}::DOUBLE) <= 9007199254740991 then ${value}::DOUBLE
    else error(concat(${text}, ${value}))::DOUBLE end)`;
}

/** What is wrong with an integer of a column that a number cannot hold; its value stands behind. */
export function inexactInteger(name: string): string {
  return `column "${name}" has an integer that a number cannot hold exactly (read it as text with --type ${name}=text, or rounded with --type ${name}=double): `;
}

/** Floats have one NaN and one zero; everything else is its own canonical form once it has its type. */
export function canonicalKey({ name, type }: KeyField): string {
  const value = `${quoteIdentifier(name)}::${sqlTypeOf(type)}`;
  return type === "double" ? `(case when isnan(${value}) then 'nan'::double else ${value} + 0.0 end)` : value;
}

function csvColumns(job: ResolvedJob): [name: string, sqlType: string][] {
  const keys = new Set(job.keyFields.map((field) => field.name));
  const read = new Map(job.readColumns.map((column) => [column.name, column]));
  return job.columns.map(({ name, sqlType }) => {
    const { types, where } = job.source;
    if (Object.hasOwn(types, name)) return [name, toldReadType(types[name]!)];
    const type = keys.has(name) ? undefined : read.get(name)?.type;
    if (type !== undefined) return [name, type === "double" ? numberType(sqlType) : sqlType];
    return [name, keys.has(name) || where === null ? "VARCHAR" : sqlType];
  });
}

/** Integers found in a sample may be decimals further down: all numbers of a CSV are read as doubles. */
function numberType(sqlType: string): string {
  return sqlType === "BOOLEAN" ? "BOOLEAN" : "DOUBLE";
}

function whereClause(job: ResolvedJob): string {
  return job.source.where === null ? "" : `where (${job.source.where}\n)`;
}

/** SQL that reads the files of a job, each column in the type in which it was found or told. */
function readerOf(job: ResolvedJob, schema: SourceSchema): string {
  const paths = job.files.map((file) => file.path);
  if (schema.format === "parquet") return typedReader(job, readParquet(paths));
  return typedReader(job, readCsv(paths, { ...schema.dialect, columns: csvColumns(job) }));
}

/**
 * Checks that the filter of a job is one expression over the columns of its files.
 * @throws ManyfitError `invalid_option`
 */
export async function checkFilter(
  job: ResolvedJob,
  schema: SourceSchema,
  connection: Connection,
): Promise<void> {
  const { where } = job.source;
  if (where === null) return;
  try {
    await connection.checkReads(`select 1 from ${readerOf(job, schema)} ${whereClause(job)}`);
  } catch (error) {
    const [first] = (error as Error).message.split("\n", 1);
    throw new ManyfitError("invalid_option", `--where ${where}: ${first}`, { cause: error });
  }
}
