import type { Connection } from "../duckdb/duckdb.ts";
import { sliceKeys } from "../key/key-list.ts";
import type { Dictionary } from "./dictionary.ts";
import type { Relation } from "./relation.ts";

/** A relation with the dictionary of its partitions. */
export interface CountedRows {
  readonly relation: Relation;
  readonly dictionary: Dictionary;
}

/**
 * Leaves only the first `limit` partitions in key order, or all where it is null: the rows of others find no partition
 * in the dictionary's table any more.
 */
export async function limitPartitions(
  limit: number | null,
  relation: Relation,
  dictionary: Dictionary,
  connection: Connection,
): Promise<CountedRows> {
  if (limit === null || limit >= dictionary.rows.length) return { relation, dictionary };
  await connection.run(`delete from ${dictionary.lookup.table} where partition >= ${limit}`);
  const rows = dictionary.rows.slice(0, limit);
  const cut: Dictionary = {
    lookup: dictionary.lookup,
    keys: sliceKeys(dictionary.keys, 0, limit),
    rows,
    usableRows: dictionary.usableRows.slice(0, limit),
    textBytes: dictionary.textBytes.map((bytes) => bytes?.slice(0, limit) ?? null),
  };
  const rowCount = rows.reduce((sum, count) => sum + count, 0);
  return { relation: { ...relation, rowCount, fileRows: null, partitionLimit: limit }, dictionary: cut };
}
