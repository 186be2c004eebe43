import type { Connection } from "../duckdb/duckdb.ts";
import { quoteIdentifier } from "../duckdb/quote.ts";
import { readCsv, readParquet } from "../duckdb/read-files.ts";
import { ManyfitError } from "../errors.ts";
import type { SourceFile } from "../job/resolved-job.ts";
import { readErrorFrom } from "../source/read-error.ts";
import { positionOf } from "../source/relation.ts";
import type { SourceSchema } from "../source/source-schema.ts";
import { cellMark, type TypedColumn } from "./typed-column.ts";

/**
 * The rows to predict for as DuckDB relations. Beside the source's columns both have `file_index` and, as
 * `file_row_number`, a double that numbers the rows in canonical order: by file, then by place in the file. No column
 * of a source has these two names.
 */
export interface Input {
  readonly format: "csv" | "parquet";
  readonly files: readonly SourceFile[];
  /** In the order of the source. */
  readonly columns: readonly TypedColumn[];
  /** Every column as it lies in the source: that of a CSV is text. Scanned alone it gives the rows in order. */
  readonly raw: string;
  /** Every column in the type in which it is read. */
  readonly typed: string;
  /** Whether rows were left out, so that a position in a CSV counts those that remain. */
  readonly isFiltered: boolean;
  /** Rows of each file where that is known without counting; else null. */
  readonly fileRows: readonly number[] | null;
}

/** Name of the table into which text is read once. */
const STAGED = "predict_input";

/**
 * Makes the relations of a source. Text is read here, once and whole, and kept as text, so that what is written is
 * what was read; Parquet is read where it lies.
 * @throws ManyfitError `source_unreadable`; `invalid_option` for a filter that is none.
 */
export async function createInput(
  schema: SourceSchema,
  columns: readonly TypedColumn[],
  where: string | null,
  connection: Connection,
): Promise<Input> {
  const { format, files } = schema;
  const fileRows = schema.format === "parquet" && where === null ? schema.fileRows : null;
  const rest = { format, files, columns, isFiltered: where !== null, fileRows };
  try {
    const raw = await rawRelation(schema, columns, where, connection);
    return { ...rest, raw, typed: `(select ${typedList(columns)}, file_index, file_row_number from ${raw})` };
  } catch (error) {
    throw filterError(error, columns, files[0]!.path);
  }
}

/** A value that is not of its type is met before there is a table to find it in when the filter looks at it. */
function filterError(error: unknown, columns: readonly TypedColumn[], firstFile: string): ManyfitError {
  const column = columns.find(({ name }) => String((error as Error).message).includes(cellMark(name)));
  if (column === undefined) return readErrorFrom(error, firstFile);
  const text = `${firstFile}: --where looks at column "${column.name}", which has a value ${column.problem.replace(/^which/, "that")}`;
  return new ManyfitError("source_unreadable", text, { cause: error });
}

async function rawRelation(
  schema: SourceSchema,
  columns: readonly TypedColumn[],
  where: string | null,
  connection: Connection,
): Promise<string> {
  const names = columns.map((column) => quoteIdentifier(column.name)).join(", ");
  const paths = schema.files.map((file) => file.path);
  if (schema.format === "parquet") {
    const position = positionOf(schema.fileRows!);
    const reader = `(select ${names}, file_index, ${position} as file_row_number from ${readParquet(paths)})`;
    return where === null ? reader : filtered(reader, columns, where, connection);
  }
  const texts = schema.columns.map(({ name }): [string, string] => [name, "VARCHAR"]);
  const csv = readCsv(paths, { ...schema.dialect, columns: texts, keepsEmptyText: true });
  const reader = `(select ${names}, file_index, 0 as file_row_number from ${csv})`;
  const rows = where === null ? reader : await filtered(reader, columns, where, connection);
  return stage(columns, rows, connection);
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
