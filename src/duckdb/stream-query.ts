import type { DuckDBConnection, DuckDBDataChunk, DuckDBResult } from "@duckdb/node-api";
import { ManyfitError } from "../errors.ts";

/** A result of any size, chunk by chunk, at the pace of the reader. */
export interface StreamedResult {
  readonly result: DuckDBResult;
  readonly chunks: AsyncGenerator<DuckDBDataChunk, void, undefined>;
}

/**
 * Streams the result of a query and makes sure that it is whole. A result that fails after its first chunks ends
 * like one that is complete: DuckDB's binding does not pass the error on (the same was found in other clients of its
 * C interface, duckdb-rs#832). The transaction knows: it is aborted then. So every stream has one of its own. When it
 * `wasInterrupted`, that is the error.
 */
export async function streamQuery(
  connection: DuckDBConnection,
  sql: string,
  wasInterrupted: () => boolean,
): Promise<StreamedResult> {
  await connection.run("begin transaction");
  try {
    const result = await connection.stream(sql);
    return { result, chunks: chunksOf(connection, result, { sql, wasInterrupted }) };
  } catch (error) {
    await connection.run("rollback");
    throw error;
  }
}

async function* chunksOf(
  connection: DuckDBConnection,
  result: DuckDBResult,
  { sql, wasInterrupted }: { readonly sql: string; readonly wasInterrupted: () => boolean },
): StreamedResult["chunks"] {
  let isAborted = false;
  try {
    for (;;) {
      const chunk = await result.fetchChunk();
      if (chunk === null || chunk.rowCount === 0) break;
      yield chunk;
    }
    isAborted = await hasAborted(connection);
  } finally {
    await connection.run("rollback");
  }
  if (isAborted && wasInterrupted()) throw new ManyfitError("interrupted", "query was interrupted");
  if (isAborted) throw await lostError(connection, sql);
}

async function hasAborted(connection: DuckDBConnection): Promise<boolean> {
  try {
    await connection.run("select 1");
    return false;
  } catch {
    return true;
  }
}

/** The error that ended a stream, found by running the query again without keeping its rows. */
async function lostError(connection: DuckDBConnection, sql: string): Promise<unknown> {
  const query = sql.replace(/[;\s]+$/, "");
  try {
    await connection.run(`select bit_xor(hash(row_of_query)) from (\n${query}\n) row_of_query`);
  } catch (error) {
    if (error instanceof Error && !/^(Parser|Binder) Error/.test(error.message)) return error;
  }
  return new ManyfitError("internal", "query result ended early, by an error that DuckDB did not pass on");
}
