import { setImmediate as nextTurn } from "node:timers/promises";
import {
  type DuckDBAppender,
  type DuckDBConnection,
  DuckDBDataChunk,
  DuckDBInstance,
  StatementType,
  version,
} from "@duckdb/node-api";
import { ManyfitError } from "../errors.ts";
import { type AppendColumn, duckdbTypeOf, writeColumn } from "./append-column.ts";
import { ColumnBatch } from "./column-batch.ts";
import { type JsonCell, jsonCell } from "./json-cell.ts";
import { quoteText, quoteTextList } from "./quote.ts";
import { type StreamedResult, streamQuery } from "./stream-query.ts";

/** Rows of a DuckDB chunk at most. */
const CHUNK_ROWS = 2048;

/** Rows that are appended before other work of the thread has its turn. */
const APPEND_TURN_ROWS = 8 * CHUNK_ROWS;

/** What DuckDB's JSON says of statements that are no select. */
const ONLY_SELECTS = '"error_message":"Only SELECT statements can be serialized to json!"';

/** How an instance may use the machine. */
export interface DuckdbOptions {
  /** Threads for queries. */
  readonly threads: number;
  /** What DuckDB may hold in memory; beyond it sorts, joins and tables spill to `tempFolder`. */
  readonly memoryBytes: number;
  /** Rows of a streamed result that wait for their reader, beside what DuckDB holds. Default: 256 MB. */
  readonly streamBytes?: number;
  /** Made when first needed, emptied at close. */
  readonly tempFolder: string;
}

/** A value as DuckDB gives it for small results. */
export type SqlValue = null | boolean | number | bigint | string | Date | readonly SqlValue[] | object;

/** A result of any size: what its columns are, and its rows, batch by batch, at the pace of the reader. */
export interface RowStream {
  /** Types in DuckDB's words, such as `BIGINT`. */
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly batches: AsyncGenerator<JsonCell[][], void, undefined>;
}

/** An in-memory DuckDB of this process. There is one per run, owned by the main thread; it must be closed. */
export interface Duckdb {
  /** A connection of its own: one query at a time each. Tables made with `create table` are seen by all. */
  connect(): Promise<Connection>;
  /**
   * Forbids all SQL from now on to open any file but these, to reach the network, to load extensions, and to change
   * a setting. It cannot be undone. A path is compared as it is written.
   */
  confine(paths: readonly string[]): Promise<void>;
  /** Stops what runs and frees everything. */
  close(): void;
}

/** A connection: one query at a time. */
export interface Connection {
  /** Runs one or more statements. */
  run(sql: string): Promise<void>;
  /** All rows of a small result, as objects. */
  rows<Row extends Readonly<Record<string, SqlValue>>>(sql: string): Promise<Row[]>;
  /** A result of any size, batch by batch, at the pace of the reader. Throws when it fails in its midst. */
  batches(sql: string): AsyncGenerator<ColumnBatch, void, undefined>;
  /** A result of any size as rows of values that JSON can carry. */
  rowStream(sql: string): Promise<RowStream>;
  /**
   * Writes rows behind those of a table whose columns have exactly these types, in this order. Other work of the
   * thread runs in between: the columns must not change until it is done.
   */
  append(table: string, columns: readonly AppendColumn[], rowCount: number): Promise<void>;
  /**
   * Throws `query_refused` unless the text is a single select. `explain` is none: `explain analyze` runs whatever
   * stands behind it, a `copy` too.
   */
  checkReads(sql: string): Promise<void>;
  /** Makes the running query fail at once. */
  interrupt(): void;
  /** How much of the query that runs is done, from 0 to 1; null where none runs, or it does not say. */
  progress(): number | null;
  close(): void;
}

/** Version of the DuckDB that reads and writes, such as `v1.5.6`. */
export const DUCKDB_VERSION: string = version();

/** Opens an in-memory DuckDB. Time zone is UTC, insertion order is kept, nothing is downloaded. */
export async function openDuckdb(options: DuckdbOptions): Promise<Duckdb> {
  const instance = await DuckDBInstance.create(":memory:", {
    threads: String(options.threads),
    memory_limit: `${Math.max(64, Math.floor(options.memoryBytes / 2 ** 20))}MiB`,
    temp_directory: options.tempFolder,
    preserve_insertion_order: "true",
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
    // There is nothing to write to, and a checkpoint would rewrite tables all the same: a second for 6 M rows.
    checkpoint_threshold: "1TB",
  });
  const setup = await instance.connect();
  await setup.run("set global TimeZone = 'UTC'");
  setup.closeSync();
  let isConfined = false;
  const { streamBytes = 256e6 } = options;
  return {
    connect: async () => {
      const connection = await instance.connect();
      // With the default of 1 MB the reader waits for each chunk; nothing can be set any more when confined.
      if (!isConfined) await connection.run(settings(streamBytes));
      return new DuckdbConnection(connection);
    },
    confine: async (paths) => {
      const connection = await instance.connect();
      await connection.run(`set global allowed_paths = ${quoteTextList(paths)}`);
      await connection.run("set global enable_external_access = false");
      await connection.run("set global lock_configuration = true");
      connection.closeSync();
      isConfined = true;
    },
    close: () => instance.closeSync(),
  };
}

/** How much of a result is ready for its reader, and that queries tell how far they are, from their beginning on. */
function settings(streamBytes: number): string {
  return `set streaming_buffer_size = '${Math.floor(streamBytes / 1e6)}MB';
    set enable_progress_bar = true; set enable_progress_bar_print = false; set progress_bar_time = 0`;
}

class DuckdbConnection implements Connection {
  readonly #connection: DuckDBConnection;
  #wasInterrupted = false;

  constructor(connection: DuckDBConnection) {
    this.#connection = connection;
  }

  async run(sql: string): Promise<void> {
    await this.#connection.run(sql);
  }

  async rows<Row extends Readonly<Record<string, SqlValue>>>(sql: string): Promise<Row[]> {
    const result = await this.#connection.run(sql);
    return (await result.getRowObjectsJS()) as unknown as Row[];
  }

  async *batches(sql: string): AsyncGenerator<ColumnBatch, void, undefined> {
    const { chunks } = await this.#stream(sql);
    for await (const chunk of chunks) yield new ColumnBatch(chunk);
  }

  async rowStream(sql: string): Promise<RowStream> {
    const { result, chunks } = await this.#stream(sql);
    const types = result.columnTypes();
    return {
      columns: result.columnNames().map((name, i) => ({ name, type: String(types[i]) })),
      batches: rowBatches(chunks),
    };
  }

  async append(table: string, columns: readonly AppendColumn[], rowCount: number): Promise<void> {
    const appender: DuckDBAppender = await this.#connection.createAppender(table);
    const types = columns.map(duckdbTypeOf);
    try {
      for (let from = 0; from < rowCount; from += CHUNK_ROWS) {
        const to = Math.min(rowCount, from + CHUNK_ROWS);
        const chunk = DuckDBDataChunk.create(types, to - from);
        for (const [index, column] of columns.entries()) writeColumn(chunk, index, column, { from, to });
        appender.appendDataChunk(chunk);
        if (to % APPEND_TURN_ROWS === 0) await nextTurn();
      }
    } finally {
      appender.closeSync();
    }
  }

  async checkReads(sql: string): Promise<void> {
    const statements = await this.#connection.extractStatements(sql).catch((error: Error) => {
      // DuckDB has no word for text without any statement.
      if (error.message !== "Error in native callback") throw error;
      throw new ManyfitError("query_refused", "query is empty: a single select is needed", { cause: error });
    });
    if (statements.count !== 1) {
      const text = `query has ${statements.count} statements, one is allowed (a pivot without its values in an in counts as two)`;
      throw new ManyfitError("query_refused", text);
    }
    const statement = await statements.prepare(0).catch(async (error: unknown) => {
      throw (await this.#isSelect(sql)) ? error : doesMore(error);
    });
    const isRead = statement.statementType === StatementType.SELECT;
    statement.destroySync();
    if (!isRead) throw doesMore();
  }

  /**
   * Whether text that cannot be prepared is a select all the same, as one of a table that is not there: DuckDB knows
   * the kind of a statement only when all its names are known, but writes the tree of selects alone as JSON.
   */
  async #isSelect(sql: string): Promise<boolean> {
    const tree = `select json_serialize_sql(${quoteText(sql)}) as tree`;
    const [row] = await this.rows<{ tree: string }>(tree).catch(() => []);
    return row === undefined || !row.tree.includes(ONLY_SELECTS);
  }

  progress(): number | null {
    const { percentage } = this.#connection.progress;
    return percentage < 0 ? null : Math.min(1, percentage / 100);
  }

  interrupt(): void {
    this.#wasInterrupted = true;
    this.#connection.interrupt();
  }

  close(): void {
    this.#connection.closeSync();
  }

  #stream(sql: string): Promise<StreamedResult> {
    this.#wasInterrupted = false;
    return streamQuery(this.#connection, sql, () => this.#wasInterrupted);
  }
}

function doesMore(cause?: unknown): ManyfitError {
  const text = "query does more than read: only a single select is allowed";
  return new ManyfitError("query_refused", text, { cause });
}

async function* rowBatches(chunks: StreamedResult["chunks"]): AsyncGenerator<JsonCell[][], void, undefined> {
  for await (const chunk of chunks) yield chunk.convertRows(jsonCell);
}
