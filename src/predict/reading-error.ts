import type { Connection } from "../duckdb/duckdb.ts";
import { quoteIdentifier } from "../duckdb/quote.ts";
import { ManyfitError } from "../errors.ts";
import { readErrorFrom } from "../source/read-error.ts";
import { inexactMark, isExact } from "../source/read-expression.ts";
import type { Input } from "./input.ts";
import { BROKEN_PROMISE, cellMark, type TypedColumn } from "./typed-column.ts";

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
  if (error instanceof ManyfitError) {
    // Rows that stream to a trainer are read by those who know nothing of cells.
    const bad = error.code === "source_unreadable" ? badCells(textOf(error.cause), input.columns) : null;
    return (bad === null ? null : await cellError(bad, input, error, connection)) ?? error;
  }
  const message = textOf(error);
  if (message.includes(BROKEN_PROMISE) || !DUCKDB_ERROR.test(message)) {
    return new ManyfitError("internal", message, { cause: error });
  }
  if (message.startsWith("Out of Memory Error")) {
    const text = "prediction needs more memory than there is, and its disk is full; filter rows with --where";
    return new ManyfitError("memory_exceeded", text, { cause: error });
  }
  const paths = input.files.map((file) => file.path);
  const bad = badCells(message, input.columns);
  return (
    (bad === null ? null : await cellError(bad, input, error, connection)) ?? readErrorFrom(error, paths)
  );
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Cells of a column that cannot be read. */
interface BadCells {
  readonly name: string;
  /** SQL over the raw column that is true for them. */
  readonly isBad: string;
  /** What is said behind such a value. */
  readonly problem: string;
}

/** Which cells a message is about; null: it names none. */
function badCells(message: string, columns: readonly TypedColumn[]): BadCells | null {
  for (const { name, isBad, problem, expression } of columns) {
    if (isBad !== null && message.includes(cellMark(name))) return { name, isBad, problem };
    if (!message.includes(inexactMark(name))) continue;
    const isInexact = `coalesce(not ${isExact(`(${expression})::DOUBLE`)}, false)`;
    return {
      name,
      isBad: isBad === null ? isInexact : `(case when ${isBad} then false else ${isInexact} end)`,
      problem: `which a number cannot hold exactly; leave such rows out with --where 'abs(${quoteIdentifier(name)}) < 9007199254740992', or train with this column as text or double (--type)`,
    };
  }
  return null;
}

/** The first of some cells as an error; null where there is none. */
async function cellError(
  { name, isBad, problem }: BadCells,
  input: Input,
  cause: unknown,
  connection: Connection,
): Promise<ManyfitError | null> {
  const [cell] = await connection.rows<{ file: number; position: number; value: string }>(
    `select file_index::integer as file, file_row_number as position, ${quoteIdentifier(name)}::VARCHAR as value
     from ${input.raw} where ${isBad} order by file_row_number limit 1`,
  );
  if (cell === undefined) return null;
  const { file, position, value } = cell;
  const [before] = await connection.rows<{ n: number }>(
    `select count(*)::double as n from ${input.raw} where file_index = ${file} and file_row_number < ${position}`,
  );
  const counted = input.isFiltered ? " of those that pass the filter" : "";
  const shown = JSON.stringify(value.length > SHOWN_VALUE ? `${value.slice(0, SHOWN_VALUE)}…` : value);
  return new ManyfitError(
    "source_unreadable",
    `${input.files[file]!.path}, row ${before!.n + 1}${counted}: column "${name}" has ${shown}, ${problem}`,
    { cause },
  );
}
