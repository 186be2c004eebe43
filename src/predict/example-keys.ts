import type { Connection } from "../duckdb/duckdb.ts";
import { decodeKey } from "../key/decode-key.ts";
import { displayKey } from "../key/display-key.ts";
import { keyAt, keyCount } from "../key/key-list.ts";
import type { KeyField } from "../key/key-type.ts";
import type { Relation } from "../source/relation.ts";
import type { PartitionLookup } from "../source/stream-rows.ts";
import { readKeys } from "./partition-keys.ts";
import { joinLookup } from "./run-lookup.ts";

/** Keys that stand for all with the same reason. */
const EXAMPLES = 3;

/** The first keys of the source that the run does not have, for a message. */
export function unknownExamples(
  relation: Relation,
  lookup: PartitionLookup,
  fields: readonly KeyField[],
  connection: Connection,
): Promise<string[]> {
  const names = fields.map((_, i) => `r.k${i}`).join(", ");
  const sql = `(select ${names} from ${relation.sql} r ${joinLookup(lookup)} where d.partition is null
    group by ${names} order by min(r.position) limit ${EXAMPLES})`;
  return displayed(sql, fields, connection);
}

/** The first of some partitions, in key order, for a message; `partitions` is SQL that selects their numbers. */
export function partitionExamples(
  partitions: string,
  lookup: PartitionLookup,
  fields: readonly KeyField[],
  connection: Connection,
): Promise<string[]> {
  const sql = `(select * from ${lookup.table} where partition in (${partitions}) order by partition limit ${EXAMPLES})`;
  return displayed(sql, fields, connection);
}

async function displayed(
  sql: string,
  fields: readonly KeyField[],
  connection: Connection,
): Promise<string[]> {
  if (fields.length === 0) return [displayKey([], [])];
  const keys = await readKeys(sql, fields, connection);
  const types = fields.map((field) => field.type);
  return Array.from({ length: keyCount(keys) }, (_, i) =>
    displayKey(fields, decodeKey(types, keyAt(keys, i))),
  );
}
