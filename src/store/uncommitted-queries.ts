import type { RowStream } from "../duckdb/duckdb.ts";
import { answeredTables } from "./answered-tables.ts";
import { readManifest } from "./read-manifest.ts";
import { committedTables, type FindTables, openRunDatabase, type RunDatabase } from "./run-database.ts";
import { type QueryResult, queryRows, queryToFile, streamRows } from "./run-query.ts";

/**
 * Queries of a run that had no manifest when its folder was opened. Each sees what is answered when it is asked. The
 * commit may come at any time and removes the parts: a query that loses them is run again, on the committed tables.
 */
export class UncommittedQueries {
  readonly #folder: string;
  readonly #refusal: string;

  /** `refusal` is the message of `run_not_committed` where there is nothing to be queried. */
  constructor(folder: string, refusal: string) {
    this.#folder = folder;
    this.#refusal = refusal;
  }

  /** As `OpenedRun.query`. */
  query(sql: string): Promise<QueryResult> {
    return this.#onTables((findTables) =>
      this.#withDatabase(findTables, (database) => queryRows(database, sql)),
    );
  }

  /** As `OpenedRun.stream`. DuckDB has read all parts before the first batch: to sort them, or to join them with keys. */
  stream(sql: string): Promise<RowStream> {
    return this.#onTables((findTables) =>
      this.#withDatabase(findTables, (database) => streamRows(database, sql)),
    );
  }

  /** As `OpenedRun.queryTo`. */
  queryTo(sql: string, file: string, overwrite: boolean): Promise<number> {
    const folder = this.#folder;
    return this.#onTables((findTables) => queryToFile({ folder, findTables, sql, file, overwrite }));
  }

  async #onTables<Result>(use: (findTables: FindTables) => Promise<Result>): Promise<Result> {
    try {
      return await use((await this.#committed()) ?? answeredTables(this.#folder, this.#refusal));
    } catch (error) {
      const committed = await this.#committed();
      if (committed === null) throw error;
      return use(committed);
    }
  }

  async #committed(): Promise<FindTables | null> {
    const manifest = await readManifest(this.#folder);
    return manifest && committedTables(this.#folder, manifest);
  }

  /** What is being streamed keeps a closed database alive. */
  async #withDatabase<Result>(
    findTables: FindTables,
    use: (database: RunDatabase) => Promise<Result>,
  ): Promise<Result> {
    const database = await openRunDatabase(this.#folder, findTables);
    return use(database).finally(() => database.duckdb.close());
  }
}
