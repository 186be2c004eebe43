import type { Connection } from "../duckdb/duckdb.ts";
import { quoteIdentifier } from "../duckdb/quote.ts";
import { ManyfitError } from "../errors.ts";
import { readErrorFrom } from "../source/read-error.ts";
import type { Input } from "./input.ts";
import { BROKEN_PROMISE, cellMark } from "./typed-column.ts";

/** How DuckDB's messages begin; what else is thrown says nothing of the source. */
const DUCKDB_ERROR = /^[A-Z][A-Za-z ]* Error: /;

/** Letters of a value that a message shows. */
const SHOWN_VALUE = 60;

/**
 * What DuckDB said while it read the rows, as an error that names file, row, column and value where a cell is not of
 * its column's type. Rows of a file are counted from 1, without the header.
 */
export async function readingError(
  error: unknown,
  input: Input,
  connection: Connection,
): Promise<ManyfitError> {
  if (error instanceof ManyfitError) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (message.includes(BROKEN_PROMISE) || !DUCKDB_ERROR.test(message)) {
    return new ManyfitError("internal", message, { cause: error });
  }
  if (message.startsWith("Out of Memory Error")) {
    const text = "prediction needs more memory than there is, and its disk is full; filter rows with --where";
    return new ManyfitError("memory_exceeded", text, { cause: error });
  }
  const paths = input.files.map((file) => file.path);
  const column = input.columns.find(({ name }) => message.includes(cellMark(name)));
  if (column === undefined || column.isBad === null) return readErrorFrom(error, paths);
  const [cell] = await connection.rows<{ file: number; position: number; value: string }>(
    `select file_index::integer as file, file_row_number as position, ${quoteIdentifier(column.name)}::VARCHAR as value
     from ${input.raw} where ${column.isBad} order by file_row_number limit 1`,
  );
  if (cell === undefined) return readErrorFrom(error, paths);
  const { file, position, value } = cell;
  const [before] = await connection.rows<{ n: number }>(
    `select count(*)::double as n from ${input.raw} where file_index = ${file} and file_row_number < ${position}`,
  );
  const counted = input.isFiltered ? " of those that pass the filter" : "";
  const shown = JSON.stringify(value.length > SHOWN_VALUE ? `${value.slice(0, SHOWN_VALUE)}…` : value);
  return new ManyfitError(
    "source_unreadable",
    `${input.files[file]!.path}, row ${before!.n + 1}${counted}: column "${column.name}" has ${shown}, ${column.problem}`,
    { cause: error },
  );
}
