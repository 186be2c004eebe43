import type { Connection } from "../duckdb/duckdb.ts";
import { quoteIdentifier } from "../duckdb/quote.ts";
import { readJsonLines } from "../duckdb/read-files.ts";
import { ManyfitError } from "../errors.ts";
import type { SourceFile, SourceFormat } from "../job/resolved-job.ts";
import { explainNdjson } from "../source/explain-ndjson.ts";
import { readErrorFrom } from "../source/read-error.ts";
import { type FoundSource, foundRows } from "./found-source.ts";
import type { OutputFile } from "./output-file.ts";
import { cellMark, type TypedColumn } from "./typed-column.ts";
import { writtenExpressions } from "./written-columns.ts";

/**
 * The rows to predict for as DuckDB relations. Beside the source's columns both have `file_index` and, as
 * `file_row_number`, a double that numbers the rows in canonical order: by file, then by place in the file. No column
 * of a source has these two names.
 */
export interface Input {
  readonly format: SourceFormat;
  readonly files: readonly SourceFile[];
  /** In the order of the source. */
  readonly columns: readonly TypedColumn[];
  /** Every column as it lies in the source: that of a text file is text. Scanned alone it gives the rows in order. */
  readonly raw: string;
  /** Every column in the type in which it is read and, as `<prefix>0 …`, what is written of it. */
  readonly typed: string;
  /** SQL over {@link raw} for what is written of each column. */
  readonly written: readonly string[];
  /** Begins the names of written columns in {@link typed}, and of none of the source. */
  readonly prefix: string;
  /** Whether rows were left out, so that a position in a text file counts those that remain. */
  readonly isFiltered: boolean;
  /** Rows of each file where that is known without counting; else null. */
  readonly fileRows: readonly number[] | null;
}

/** What is made of the rows of a source. */
export interface InputUse {
  /** A DuckDB expression; rows for which it is not true are left out. Null: all rows are read. */
  readonly where: string | null;
  /** What is written. */
  readonly to: OutputFile["format"];
}

/** Name of the table into which text is read once. */
const STAGED = "predict_input";

/**
 * Makes the relations of a source. Text is read here, once and whole, and kept as text, so that what is written is
 * what was read; Parquet is read where it lies.
 * @throws ManyfitError `source_unreadable`; `invalid_option` for a filter that is none.
 */
export async function createInput(
  source: FoundSource,
  columns: readonly TypedColumn[],
  { where, to }: InputUse,
  connection: Connection,
): Promise<Input> {
  const { format } = source;
  const files = source.files.map(({ file }) => file);
  const [prefix, written] = [freePrefix(columns), writtenExpressions(columns, format, to)];
  const all = [
    typedList(columns),
    ...written.map((sql, i) => `${sql} as ${prefix}${i}`),
    ...["file_index", "file_row_number"],
  ];
  try {
    const raw = await rawRelation(source, columns, where, connection);
    return {
      ...{ format, files, columns, raw, written, prefix },
      typed: `(select ${all.join(", ")} from ${raw})`,
      isFiltered: where !== null,
      fileRows: where === null ? rowsOf(source) : null,
    };
  } catch (error) {
    const failure = filterError(error, columns, files[0]!.path);
    if (failure !== null) throw failure;
    const paths = files.map((file) => file.path);
    throw format === "ndjson" ? await explainNdjson(error, paths, new Map()) : readErrorFrom(error, paths);
  }
}

function rowsOf({ files }: FoundSource): number[] | null {
  const rows = files.map((file) => file.rows).filter((count) => count !== null);
  return rows.length === files.length ? rows : null;
}

/** Beginning of names that no column has, whatever the case. */
function freePrefix(columns: readonly TypedColumn[]): string {
  let prefix = "written";
  while (columns.some(({ name }) => name.toLowerCase().startsWith(prefix))) prefix += "_";
  return prefix;
}

/** A value that is not of its type is met before there is a table to find it in when the filter looks at it. */
function filterError(
  error: unknown,
  columns: readonly TypedColumn[],
  firstFile: string,
): ManyfitError | null {
  const column = columns.find(({ name }) => String((error as Error).message).includes(cellMark(name)));
  if (column === undefined) return null;
  const text = `${firstFile}: --where looks at column "${column.name}", which has a value ${column.problem.replace(/^which/, "that")}`;
  return new ManyfitError("source_unreadable", text, { cause: error });
}

async function rawRelation(
  source: FoundSource,
  columns: readonly TypedColumn[],
  where: string | null,
  connection: Connection,
): Promise<string> {
  if (source.format === "parquet") {
    const reader = foundRows(source);
    return where === null ? reader : filtered(reader, columns, where, connection);
  }
  const reader = `(select *, 0 as file_row_number from ${foundRows(source)})`;
  const rows = where === null ? reader : await filtered(reader, columns, where, connection);
  const staged = await stage(columns, rows, connection);
  if (source.format === "ndjson") await checkNullLines(source, columns.length, connection);
  return staged;
}

/** Reads rows into a table. A column of the source that is called `rowid` must not take the place of the table's own. */
async function stage(columns: readonly TypedColumn[], rows: string, connection: Connection): Promise<string> {
  const staged = columns.map(({ name }, i) => `${quoteIdentifier(name)} as s${i}`);
  await connection.run(
    `create or replace table ${STAGED} as select ${[...staged, "file_index::integer as file"].join(", ")} from ${rows}`,
  );
  const named = columns.map(({ name }, i) => `s${i} as ${quoteIdentifier(name)}`);
  const place = ["file as file_index", "rowid::double as file_row_number"];
  return `(select ${[...named, ...place].join(", ")} from ${STAGED})`;
}

/** DuckDB reads a line of NDJSON that is the word `null` as a row without a value. Throws where there is one. */
async function checkNullLines(
  { files }: FoundSource,
  columnCount: number,
  connection: Connection,
): Promise<void> {
  const isEmpty = Array.from({ length: columnCount }, (_, i) => `s${i} is null`).join(" and ");
  const suspects = await connection.rows<{ file: number }>(
    `select distinct file from ${STAGED} where ${isEmpty} order by file`,
  );
  for (const { file } of suspects) {
    const { path } = files[file]!.file;
    const nulls = await connection.rows<{ one: number }>(
      `select 1 as one from ${readJsonLines([path])} where json_type(json) = 'NULL' limit 1`,
    );
    if (nulls.length > 0) throw await explainNdjson(new Error("a line is null"), [path], new Map());
  }
}

/** The raw rows of a relation for which an expression over the typed columns is true. */
async function filtered(
  reader: string,
  columns: readonly TypedColumn[],
  where: string,
  connection: Connection,
): Promise<string> {
  const names = columns.map((column) => quoteIdentifier(column.name));
  const isTyped = columns.some(({ name, expression }) => expression !== quoteIdentifier(name));
  if (!isTyped) {
    await checkFilter(`select 1 from ${reader} where (${where}\n)`, where, connection);
    return `(select * from ${reader} where (${where}\n))`;
  }
  // The expression sees typed columns under the names of the raw ones, which pass it by in one of another name.
  const fields = [
    ...names.map((name, i) => `'r${i}': ${name}`),
    "'file': file_index",
    "'row': file_row_number",
  ];
  const both = `(select ${typedList(columns)}, {${fields.join(", ")}} as file_row_number from ${reader})`;
  await checkFilter(`select 1 from ${both} where (${where}\n)`, where, connection);
  const taken = [...names, "file_index", "file_row_number"];
  const sources = [...names.map((_, i) => `r${i}`), "file", "row"];
  const list = sources.map((field, i) => `struct_extract(file_row_number, '${field}') as ${taken[i]}`);
  return `(select ${list.join(", ")} from ${both} where (${where}\n))`;
}

function typedList(columns: readonly TypedColumn[]): string {
  return columns.map(({ name, expression }) => `${expression} as ${quoteIdentifier(name)}`).join(", ");
}

async function checkFilter(sql: string, where: string, connection: Connection): Promise<void> {
  try {
    await connection.checkReads(sql);
    // A select alone is not enough: its columns must be there, too.
    await connection.run(`explain ${sql}`);
  } catch (error) {
    const [first] = (error as Error).message.split("\n", 1);
    throw new ManyfitError("invalid_option", `--where ${where}: ${first}`, { cause: error });
  }
}
