import { join } from "node:path";
import type { AppendColumn } from "../duckdb/append-column.ts";
import type { Connection, Duckdb } from "../duckdb/duckdb.ts";
import { quoteIdentifier } from "../duckdb/quote.ts";
import { decodeKeyColumns } from "../key/decode-key-columns.ts";
import { type KeyList, keyAt, keyCount } from "../key/key-list.ts";
import { partitionSeed } from "../key/partition-seed.ts";
import { removedUnlessWhole, renameDurably, syncFile } from "./disk.ts";
import type { StoredKeyField } from "./manifest.ts";
import { copyToParquet } from "./parquet-sql.ts";
import { RUN_FILE, UNFINISHED } from "./run-files.ts";
import { appendColumnOf, appendTypeOf, isWideColumn, storedExpression } from "./stored-key-column.ts";

/** Keys that are decoded at once. */
const SLICE_KEYS = 65_536;

/** What {@link writeKeys} needs to know. */
export interface WriteKeysOptions {
  readonly duckdb: Duckdb;
  /** Run folder with its folder of parts. */
  readonly folder: string;
  readonly tablePrefix: string;
  readonly fields: readonly StoredKeyField[];
  readonly keys: KeyList;
  /** Seed of the run. */
  readonly seed: number;
}

/**
 * Writes `parts/keys.parquet`: a row for each partition in key order, with its number, its key columns as all tables
 * of the run have them, and its seed.
 */
export async function writeKeys(options: WriteKeysOptions): Promise<void> {
  const { duckdb, folder, tablePrefix, fields } = options;
  const connection = await duckdb.connect();
  try {
    const table = `${tablePrefix}_keys`;
    const types = fields.map(({ type }, i) => `key_${i} ${appendTypeOf(type)}`);
    await connection.run(
      `create table ${table} (${["partition INTEGER", ...types, "seed BIGINT"].join(", ")})`,
    );
    const isWide = await appendKeys(connection, table, options);
    const columns = fields.map(({ type, column }, i) => {
      return `${storedExpression(type, `key_${i}`, isWide[i]!)} as ${quoteIdentifier(column)}`;
    });
    const select = `select ${["partition", ...columns, "seed::UINTEGER as seed"].join(", ")} from ${table}`;
    const unfinished = join(folder, RUN_FILE.keys + UNFINISHED);
    await removedUnlessWhole(unfinished, async () => {
      await connection.run(copyToParquet(select, unfinished));
      await syncFile(unfinished);
      await renameDurably(unfinished, join(folder, RUN_FILE.keys));
    });
    await connection.run(`drop table ${table}`);
  } finally {
    connection.close();
  }
}

/** Fills the table; says for each key column whether it holds an integer that no decimal does. */
async function appendKeys(
  connection: Connection,
  table: string,
  options: WriteKeysOptions,
): Promise<boolean[]> {
  const { fields, keys, seed } = options;
  const types = fields.map((field) => field.type);
  const isWide = fields.map(() => false);
  for (let from = 0; from < keyCount(keys); from += SLICE_KEYS) {
    const to = Math.min(from + SLICE_KEYS, keyCount(keys));
    const partitions = Int32Array.from({ length: to - from }, (_, i) => from + i);
    const seeds = BigInt64Array.from({ length: to - from }, (_, i) => {
      return BigInt(partitionSeed(seed, keyAt(keys, from + i)));
    });
    const decoded = decodeKeyColumns(types, keys, from, to);
    for (const [i, column] of decoded.entries()) isWide[i] ||= isWideColumn(column);
    const columns: AppendColumn[] = [
      { type: "INTEGER", values: partitions },
      ...decoded.map(appendColumnOf),
      { type: "BIGINT", values: seeds },
    ];
    await connection.append(table, columns, to - from);
  }
  return isWide;
}
