import { existsSync } from "node:fs";
import { realpath, rename, rm } from "node:fs/promises";
import { basename, dirname, extname, join, resolve, sep } from "node:path";
import type { Connection, RowStream } from "../duckdb/duckdb.ts";
import type { JsonCell } from "../duckdb/json-cell.ts";
import { quoteText } from "../duckdb/quote.ts";
import { ManyfitError } from "../errors.ts";
import { syncFile, unfinishedPath, unwritable } from "./disk.ts";
import {
  connectForQuery,
  type FindTables,
  openRunDatabase,
  type RunDatabase,
  refusedQuery,
} from "./run-database.ts";

/** DuckDB's options for each ending of an output file. */
const FORMATS: Readonly<Record<string, string>> = {
  ".parquet": "format parquet, compression zstd",
  ".csv": "format csv, header true",
  ".json": "format json, array true",
};

/** Rows of a query, all in memory. */
export interface QueryResult extends Pick<RowStream, "columns"> {
  readonly rows: readonly (readonly JsonCell[])[];
}

/** Runs a query and keeps all of its rows. @throws ManyfitError `query_refused`. */
export async function queryRows(database: RunDatabase, sql: string): Promise<QueryResult> {
  const { columns, batches } = await streamRows(database, sql);
  const rows: JsonCell[][] = [];
  for await (const batch of batches) {
    for (const row of batch) rows.push(row);
  }
  return { columns, rows };
}

/**
 * Runs a query whose result may be of any size; its rows come batch by batch, and errors of its run while they are
 * read. @throws ManyfitError `query_refused`.
 */
export async function streamRows(database: RunDatabase, sql: string): Promise<RowStream> {
  const connection = await connectForQuery(database, sql);
  try {
    const { columns, batches } = await connection.rowStream(sql);
    return { columns, batches: closing(connection, batches, database.tables) };
  } catch (error) {
    connection.close();
    throw refusedQuery(error, database.tables);
  }
}

async function* closing(
  connection: Connection,
  batches: RowStream["batches"],
  tables: readonly string[],
): RowStream["batches"] {
  try {
    yield* batches;
  } catch (error) {
    throw refusedQuery(error, tables);
  } finally {
    connection.close();
  }
}

/** What {@link queryToFile} reads and writes. */
export interface QueryToFileOptions {
  readonly folder: string;
  readonly findTables: FindTables;
  readonly sql: string;
  /** Path of the file; its ending says the format: `.parquet`, `.csv` or `.json` (one array of objects). */
  readonly file: string;
  /** Whether a file that is there already is replaced. */
  readonly overwrite: boolean;
}

/**
 * Writes the rows of a query to a file, which appears when it is whole. Returns how many rows there are.
 * @throws ManyfitError `query_refused`; `invalid_option` for a file of an unknown ending, in the run folder, or
 * there already; `run_unwritable` where the system refuses.
 */
export async function queryToFile(options: QueryToFileOptions): Promise<number> {
  const { folder, findTables, sql, file } = options;
  const target = await checkTarget(options);
  const unfinished = unfinishedPath(target);
  const database = await openRunDatabase(folder, findTables, unfinished);
  try {
    const connection = await connectForQuery(database, sql);
    const query = sql.replace(/[;\s]+$/, "");
    const format = `${FORMATS[extname(target).toLowerCase()]}, use_tmp_file false`;
    const [copied] = await connection.rows<{ Count: bigint }>(
      `copy (\n${query}\n) to ${quoteText(unfinished)} (${format})`,
    );
    await syncFile(unfinished);
    await rename(unfinished, target);
    return Number(copied!.Count);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw refusedQuery(unwritable(`file ${file}`, error), database.tables);
  } finally {
    database.duckdb.close();
  }
}

/** The absolute path of a file that may be written. */
async function checkTarget({ folder, file, overwrite }: QueryToFileOptions): Promise<string> {
  const ending = extname(file).toLowerCase();
  if (FORMATS[ending] === undefined) {
    const allowed = Object.keys(FORMATS).join(", ");
    throw refusedFile(file, `ends in ${JSON.stringify(ending)}, must end in one of ${allowed}`);
  }
  const parent = await realpath(dirname(resolve(file))).catch(() => null);
  if (parent === null) throw refusedFile(file, "its folder does not exist");
  const runFolder = await realpath(folder);
  if (parent === runFolder || parent.startsWith(runFolder + sep)) {
    throw refusedFile(file, "is inside the run folder, which never changes; choose another place");
  }
  const target = join(parent, basename(file));
  if (!overwrite && existsSync(target))
    throw refusedFile(file, "exists already; choose another name or overwrite it (--overwrite)");
  return target;
}

function refusedFile(file: string, text: string): ManyfitError {
  return new ManyfitError("invalid_option", `file ${file}: ${text}`);
}
