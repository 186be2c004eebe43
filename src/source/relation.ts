import type { Connection } from "../duckdb/duckdb.ts";
import { quoteIdentifier } from "../duckdb/quote.ts";
import { readCsv, readParquet } from "../duckdb/read-files.ts";
import { ManyfitError } from "../errors.ts";
import type { ResolvedJob } from "../job/resolved-job.ts";
import type { KeyField } from "../key/key-type.ts";
import { readErrorFrom } from "./read-error.ts";
import type { SourceSchema } from "./source-schema.ts";
import { sqlTypeOf } from "./sql-type.ts";
import { toldReadType, typedReader } from "./told-type.ts";

/**
 * The used columns of a source as a DuckDB relation: keys `k0 …` in canonical form, the trainer's columns `c0 …` as
 * doubles (NULL as NaN), and `position`, a double that numbers the rows in canonical order: by file, then by place
 * in the file.
 */
export interface Relation {
  /** What stands after `from`. */
  readonly sql: string;
  /** Named in messages about reading that do not say which file. */
  readonly firstFile: string;
  readonly keyCount: number;
  readonly columnCount: number;
  readonly rowCount: number;
  /** Rows of each file that pass the filter. */
  readonly fileRows: readonly number[];
}

/** Name of the table into which text is read once. */
const STAGED = "staged";

/** The columns that a job's trainer reads, in the order in which every engine hands them over. */
export function trainerColumnNames(job: Pick<ResolvedJob, "trainerColumns">): string[] {
  const { features, target, weights } = job.trainerColumns;
  return [...features, target, ...(weights === null ? [] : [weights])];
}

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
  const paths = job.files.map((file) => file.path);
  const reader = typedReader(job, readCsv(paths, { ...schema.dialect, columns: csvColumns(job) }));
  await checkFilter(job, reader, connection);
  await connection.run(
    `create or replace table ${STAGED} as select ${selectList(job)}, file_index::integer as file
     from (select *, file_index from ${reader} ${whereClause(job)})`,
  );
  const counts = await connection.rows<{ file: number; n: number }>(
    `select file, count(*)::double as n from ${STAGED} group by file`,
  );
  const fileRows = fileRowsFrom(counts, paths.length);
  return relationOf(job, fileRows, `(select *, rowid::double as position from ${STAGED})`);
}

async function parquetRelation(
  job: ResolvedJob,
  schema: Extract<SourceSchema, { format: "parquet" }>,
  connection: Connection,
): Promise<Relation> {
  const reader = typedReader(job, readParquet(job.files.map((file) => file.path)));
  await checkFilter(job, reader, connection);
  const sql = `(select ${selectList(job)}, ${positionOf(schema.fileRows)} as position from ${reader} ${whereClause(job)})`;
  if (job.source.where === null) return relationOf(job, schema.fileRows, sql);
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
    columnCount: trainerColumnNames(job).length,
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
function positionOf(fileRows: readonly number[]): string {
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
  const columns = trainerColumnNames(job).map(
    (name, i) => `coalesce(${quoteIdentifier(name)}::double, 'nan'::double) as c${i}`,
  );
  return [...keys, ...columns].join(", ");
}

/** Floats have one NaN and one zero; everything else is its own canonical form once it has its type. */
function canonicalKey({ name, type }: KeyField): string {
  const value = `${quoteIdentifier(name)}::${sqlTypeOf(type)}`;
  return type === "double" ? `(case when isnan(${value}) then 'nan'::double else ${value} + 0.0 end)` : value;
}

function csvColumns(job: ResolvedJob): [name: string, sqlType: string][] {
  const keys = new Set(job.keyFields.map((field) => field.name));
  const numbers = new Set(trainerColumnNames(job));
  return job.columns.map(({ name, sqlType }) => {
    const { types, where } = job.source;
    if (Object.hasOwn(types, name)) return [name, toldReadType(types[name]!)];
    if (numbers.has(name) && !keys.has(name)) return [name, numberType(sqlType)];
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

/** Throws `invalid_option` unless the filter is one expression over the source's columns. */
async function checkFilter(job: ResolvedJob, reader: string, connection: Connection): Promise<void> {
  const { where } = job.source;
  if (where === null) return;
  try {
    await connection.checkReads(`select 1 from ${reader} ${whereClause(job)}`);
  } catch (error) {
    const [first] = (error as Error).message.split("\n", 1);
    throw new ManyfitError("invalid_option", `--where ${where}: ${first}`, { cause: error });
  }
}
