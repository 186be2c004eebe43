import type { Connection } from "../duckdb/duckdb.ts";
import { quoteIdentifier } from "../duckdb/quote.ts";
import { readNdjson, readParquet } from "../duckdb/read-files.ts";
import { ManyfitError } from "../errors.ts";
import type { ResolvedJob } from "../job/resolved-job.ts";
import type { ReadColumn } from "../table/read-column.ts";
import { checkLines } from "./check-lines.ts";
import { csvReader } from "./csv-reader.ts";
import { explainCsv } from "./explain-csv.ts";
import { explainNdjson } from "./explain-ndjson.ts";
import { orderedPosition, orderList } from "./order-rows.ts";
import { readErrorFrom } from "./read-error.ts";
import { canonicalKey, readExpression } from "./read-expression.ts";
import { csvTypes, exactTypes, ndjsonFields, usedTypes } from "./read-types.ts";
import type { CsvSchema, NdjsonSchema, ParquetSchema, SourceSchema } from "./source-schema.ts";
import { typedReader } from "./told-type.ts";
import { checkUsedColumns } from "./used-columns.ts";

/**
 * The used columns of a source as a DuckDB relation: keys `k0 …` in canonical form, the trainer's columns `c0 …` (a
 * double, NULL as NaN unless the two are told apart, or a VARCHAR), and `position`, a double that numbers the rows in
 * canonical order: by file, then by place in the file. Where the job orders rows, `position` numbers those of each
 * partition by the order's columns, then by file and place.
 */
export interface Relation {
  /** What stands after `from`. */
  readonly sql: string;
  /** Of the files, in their order, for messages about reading. */
  readonly paths: readonly string[];
  readonly keyCount: number;
  readonly columns: readonly ReadColumn[];
  readonly rowCount: number;
  /** Rows of each file that pass the filter; null where partitions were left out. */
  readonly fileRows: readonly number[] | null;
  /** Rows of partitions from this number on are left out; null: none are. */
  readonly partitionLimit: number | null;
  /** Whether to read a value may still fail, as it is not of a told type, or no integer that a double holds. Default: no. */
  readonly mayFail?: boolean;
}

/** Name of the table into which text is read once. */
const STAGED = "staged";

/**
 * Makes the relation of a job. Text is read here, once and whole, into a table that spills to disk where memory
 * ends: parsing it twice would cost more, and could see two different files. Parquet is read where it lies.
 * @throws ManyfitError `source_unreadable` where a value is not of its column's type, naming the line of text, and where
 * files differ in a column that the job uses; `invalid_option` for a filter that is none.
 */
export async function createRelation(
  job: ResolvedJob,
  schema: SourceSchema,
  connection: Connection,
): Promise<Relation> {
  checkUsedColumns(job, schema);
  try {
    if (schema.format === "parquet") return await parquetRelation(job, schema, connection);
    return await stageText(job, schema, connection);
  } catch (error) {
    const paths = job.files.map((file) => file.path);
    if (schema.format === "ndjson") throw await explainNdjson(error, paths, usedTypes(job));
    if (schema.format === "csv") throw await explainCsv(error, { schema, typeOf: csvTypes(job), connection });
    throw readErrorFrom(error, paths);
  }
}

async function stageText(
  job: ResolvedJob,
  schema: CsvSchema | NdjsonSchema,
  connection: Connection,
): Promise<Relation> {
  await checkFilter(job, schema, connection);
  await connection.run(
    `create or replace table ${STAGED} as select ${selectList(job)}, file_index::integer as file
     from (select *, file_index from ${readerOf(job, schema)} ${whereClause(job)})`,
  );
  if (schema.format === "ndjson") await checkLines(STAGED, job, connection);
  const counts = await connection.rows<{ file: number; n: number }>(
    `select file, count(*)::double as n from ${STAGED} group by file`,
  );
  const fileRows = fileRowsFrom(counts, job.files.length);
  return relationOf(job, fileRows, { rows: STAGED, place: "rowid::double" });
}

async function parquetRelation(
  job: ResolvedJob,
  schema: ParquetSchema,
  connection: Connection,
): Promise<Relation> {
  const reader = readerOf(job, schema);
  await checkFilter(job, schema, connection);
  const { fileRows } = schema;
  if (fileRows === null) throw new ManyfitError("internal", "rows of the source's files were not counted");
  const rows = `(select ${selectList(job)}, ${positionOf(fileRows)} as place from ${reader} ${whereClause(job)})`;
  const mayFail = Object.keys(job.source.types).length > 0 || job.readColumns.some((read) => read.isInteger);
  if (job.source.where === null) return { ...relationOf(job, fileRows, { rows, place: "place" }), mayFail };
  const counts = await connection.rows<{ file: number; n: number }>(
    `select file_index::integer as file, count(*)::double as n from ${reader} ${whereClause(job)} group by file_index`,
  );
  const passed = fileRowsFrom(counts, job.files.length);
  return { ...relationOf(job, passed, { rows, place: "place" }), mayFail };
}

/** `rows` is SQL with `k0 …`, `c0 …` and `o0 …`, `place` what tells a row's place in the source there. */
function relationOf(
  job: ResolvedJob,
  fileRows: readonly number[],
  { rows, place }: { readonly rows: string; readonly place: string },
): Relation {
  const names = [...job.keyFields.map((_, i) => `k${i}`), ...job.readColumns.map((_, i) => `c${i}`)];
  const position = `${orderedPosition(job, place)} as position`;
  return {
    sql: `(select ${[...names, position].join(", ")} from ${rows})`,
    paths: job.files.map((file) => file.path),
    keyCount: job.keyFields.length,
    columns: job.readColumns,
    rowCount: fileRows.reduce((sum, count) => sum + count, 0),
    fileRows,
    partitionLimit: null,
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
  return [...keys, ...columns, ...orderList(job)].join(", ");
}

function whereClause(job: ResolvedJob): string {
  return job.source.where === null ? "" : `where (${job.source.where}\n)`;
}

/** SQL that reads the files of a job, each column in the type in which it was found or told. */
function readerOf(job: ResolvedJob, schema: SourceSchema): string {
  const differing = new Set(schema.differences.map((difference) => difference.column));
  const columns = job.columns.filter((column) => !differing.has(column.name));
  return typedReader({ ...job, columns }, exactTypes(job), plainReader(job, schema));
}

function plainReader(job: ResolvedJob, schema: SourceSchema): string {
  const paths = job.files.map((file) => file.path);
  if (schema.format === "parquet") return readParquet(paths);
  if (schema.format === "csv") return csvReader(schema, csvTypes(job));
  const fields = ndjsonFields(job);
  const list = [...fields].map(([name, value]) => `${value} as ${quoteIdentifier(name)}`);
  return `(select ${[...list, "file_index"].join(", ")} from ${readNdjson(paths, [...fields.keys()])})`;
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
