import { join } from "node:path";
import type { Connection, Duckdb } from "../duckdb/duckdb.ts";
import { quoteIdentifier } from "../duckdb/quote.ts";
import { ManyfitError } from "../errors.ts";
import type { Manifest } from "./manifest.ts";
import { readStoredParquet } from "./parquet-sql.ts";
import { openReadingDuckdb } from "./reading-duckdb.ts";
import { RUN_FILE } from "./run-files.ts";
import { TERM_COLUMNS } from "./stored-keys.ts";

/** Names and queries of a run's tables, and the files that these read. */
export interface RunTables {
  readonly views: readonly { readonly name: string; readonly sql: string }[];
  readonly paths: readonly string[];
}

/** Finds the tables of a run; the connection is that of the database in which they will be. */
export type FindTables = (connection: Connection) => Promise<RunTables>;

/** A DuckDB in which there are the tables of one run, to read, and nothing else of the machine. */
export interface RunDatabase {
  readonly duckdb: Duckdb;
  /** Names of the tables. */
  readonly tables: readonly string[];
}

const COMMITTED = [
  ["ledger", RUN_FILE.ledger],
  ["models", RUN_FILE.models],
  ["terms", RUN_FILE.terms],
] as const;

/** The tables of a committed run. */
export function committedTables(folder: string, manifest: Manifest): FindTables {
  const stored = COMMITTED.filter(([, name]) => manifest.files.some((file) => file.name === name));
  const paths = stored.map(([, name]) => join(folder, name));
  const views = stored.map(([name], i) => ({ name, sql: `select * from ${readStoredParquet([paths[i]!])}` }));
  if (manifest.job.module?.python !== undefined) views.push({ name: "terms", sql: readableTerms(manifest) });
  return async () => ({ views, paths });
}

/**
 * The terms of models that are Python's, as far as these say them: linear models have intercept and coefficients beside
 * their bytes. Nothing is known of their errors.
 */
function readableTerms({ keys }: Manifest): string {
  const columns = ["partition", ...keys.map(({ column }) => quoteIdentifier(column))].join(", ");
  const unknown = TERM_COLUMNS.slice(2).map((name) => `null::DOUBLE as ${name}`);
  return `select ${columns}, unnest(list_prepend('(intercept)', map_keys(coefficients))) as term,
      unnest(list_prepend(intercept, map_values(coefficients))) as estimate, ${unknown.join(", ")}
    from (
      select ${columns}, json_extract(model, '$.intercept')::DOUBLE as intercept,
        json_extract(model, '$.coefficients')::MAP(VARCHAR, DOUBLE) as coefficients
      from models where json_extract(model, '$.coefficients') is not null
    )`;
}

/**
 * Opens the tables of a run. SQL that runs in it sees their files and, where one is told, the file that it may
 * write; no other file, no network, no extension, and it cannot change that. The caller closes `duckdb`.
 * @throws ManyfitError `run_damaged`
 */
export async function openRunDatabase(
  folder: string,
  findTables: FindTables,
  writablePath: string | null = null,
): Promise<RunDatabase> {
  const duckdb = await openReadingDuckdb();
  try {
    const connection = await duckdb.connect();
    const { views, paths } = await findTables(connection);
    for (const { name, sql } of views) {
      await connection.run(`create view ${quoteIdentifier(name)} as ${sql}`);
    }
    connection.close();
    await duckdb.confine([...paths, ...(writablePath === null ? [] : [writablePath])]);
    return { duckdb, tables: views.map(({ name }) => name) };
  } catch (error) {
    duckdb.close();
    if (error instanceof ManyfitError) throw error;
    throw new ManyfitError("run_damaged", `run folder ${folder}: its tables cannot be read`, {
      cause: error,
    });
  }
}

/**
 * A connection on which a user's query has been checked to be a single select.
 * @throws ManyfitError `query_refused`
 */
export async function connectForQuery({ duckdb, tables }: RunDatabase, sql: string): Promise<Connection> {
  const connection = await duckdb.connect();
  try {
    await connection.checkReads(sql);
    return connection;
  } catch (error) {
    connection.close();
    throw refusedQuery(error, tables);
  }
}

/** What DuckDB says of a query, as an error for its writer; other errors as they are. */
export function refusedQuery(error: unknown, tables: readonly string[]): unknown {
  if (error instanceof ManyfitError || !(error instanceof Error)) return error;
  const text = error.message.replace(/^Failed to extract statements: /, "");
  const [firstLine] = text.split("\n");
  const message = text.startsWith("Permission Error")
    ? `query reaches beyond the run: ${firstLine}; only ${tables.join(", ")} can be read`
    : `query failed: ${withTables(text, tables)}`;
  return new ManyfitError("query_refused", message, { cause: error });
}

/** DuckDB's hint at an unknown table may be one of its own catalog's. */
function withTables(text: string, tables: readonly string[]): string {
  if (!/^Catalog Error: Table with name/.test(text)) return text;
  const [firstLine, ...lines] = text.split("\n");
  const others = lines.filter((line) => !line.startsWith("Did you mean"));
  return [firstLine, `there are: ${tables.join(", ")}`, ...others].join("\n");
}
