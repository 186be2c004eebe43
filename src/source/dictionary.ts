import type { Connection } from "../duckdb/duckdb.ts";
import { keyColumnFrom, readExpression } from "../duckdb/read-key-column.ts";
import { ManyfitError } from "../errors.ts";
import type { NullPolicy } from "../job/policy.ts";
import type { ResolvedJob } from "../job/resolved-job.ts";
import type { KeyList } from "../key/key-list.ts";
import { createKeyListBuilder } from "../key/key-list-builder.ts";
import { isAscending } from "../key/key-order.ts";
import type { KeyField } from "../key/key-type.ts";
import { readErrorFrom } from "./read-error.ts";
import type { Relation } from "./relation.ts";
import type { PartitionLookup } from "./stream-rows.ts";

/** Every partition of a source with its counts, in key order. */
export interface Dictionary {
  readonly lookup: PartitionLookup;
  readonly keys: KeyList;
  readonly rows: Float64Array;
  /** Rows that the trainer can use. */
  readonly usableRows: Float64Array;
  /** Bytes of the texts of each partition, for each column that the trainer reads; null for columns of numbers. */
  readonly textBytes: readonly (Float64Array | null)[];
}

const TABLE = "dictionary";

/**
 * One pass over the source: every key once, numbered in key order, with its rows and usable rows. Leaves a table
 * behind that rows find their partition in.
 */
export async function createDictionary(
  relation: Relation,
  job: Pick<ResolvedJob, "keyFields" | "rowPolicy">,
  connection: Connection,
): Promise<Dictionary> {
  try {
    return await buildDictionary(relation, job, connection);
  } catch (error) {
    throw readErrorFrom(error, relation.paths);
  }
}

async function buildDictionary(
  relation: Relation,
  { keyFields, rowPolicy }: Pick<ResolvedJob, "keyFields" | "rowPolicy">,
  connection: Connection,
): Promise<Dictionary> {
  const names = keyFields.map((_, i) => `k${i}`);
  const order = names.map((name) => `${name} nulls first`).join(", ");
  const counts = [
    "count(*)::double as n",
    `${usableCount(relation, rowPolicy.nulls)} as usable`,
    ...textSums(relation),
    ...valueChecks(relation),
  ];
  const grouped = `select ${[...names, ...counts].join(", ")}
    from ${relation.sql} ${names.length > 0 ? `group by ${names.join(", ")}` : ""}`;
  const number = names.length > 0 ? `(row_number() over (order by ${order}) - 1)::integer` : "0::integer";
  await connection.run(
    `create or replace table ${TABLE} as select ${number} as partition, * from (${grouped})`,
  );
  const hasNull = await nullFlags(names, connection);
  const read = await readDictionary(keyFields, relation, connection);
  return { lookup: { table: TABLE, hasNull }, ...read };
}

/**
 * The rows that `unusableRows` lets through, by the values that the trainer is given: a NULL makes a condition NULL,
 * which counts for nothing.
 */
function usableCount({ columns }: Relation, nulls: NullPolicy): string {
  if (nulls === "keep") return "count(*)::double";
  const usable = columns.map(({ type }, i) => (type === "text" ? `c${i} is not null` : `isfinite(c${i})`));
  return `(count(*) filter (where ${usable.join(" and ")}))::double`;
}

/** Reads every value once where that may fail, so that it fails here and not while others are fitted. */
function valueChecks({ columns, mayFail = false }: Relation): string[] {
  if (!mayFail) return [];
  return [...columns.map((_, i) => `c${i}`), "position"].map((name) => `count(${name}) as has_${name}`);
}

function textSums({ columns }: Relation): string[] {
  return textColumns(columns).map((i) => `coalesce(sum(strlen(c${i})), 0)::double as t${i}`);
}

function textColumns(columns: Relation["columns"]): number[] {
  return columns.flatMap(({ type }, i) => (type === "text" ? [i] : []));
}

async function nullFlags(names: readonly string[], connection: Connection): Promise<boolean[]> {
  if (names.length === 0) return [];
  const counts = names.map((name, i) => `(count(*) - count(${name}))::integer as n${i}`).join(", ");
  const [row] = await connection.rows<Record<string, number>>(`select ${counts} from ${TABLE}`);
  return names.map((_, i) => row![`n${i}`]! > 0);
}

async function readDictionary(
  keyFields: readonly KeyField[],
  { columns }: Relation,
  connection: Connection,
): Promise<Omit<Dictionary, "lookup">> {
  const [size] = await connection.rows<{ n: number }>(`select count(*)::integer as n from ${TABLE}`);
  const rows = new Float64Array(size!.n);
  const usableRows = new Float64Array(size!.n);
  const builder = createKeyListBuilder(keyFields.map((field) => field.type));
  const keys = keyFields.map(({ type }, i) => readExpression(type, `k${i}`));
  const texts = textColumns(columns);
  const textBytes = columns.map(({ type }) => (type === "text" ? new Float64Array(size!.n) : null));
  const sql = `select ${["n", "usable", ...texts.map((i) => `t${i}`), ...keys].join(", ")} from ${TABLE} order by partition`;
  let at = 0;
  for await (const batch of connection.batches(sql)) {
    rows.set(batch.doubles(0), at);
    usableRows.set(batch.doubles(1), at);
    for (const [i, column] of texts.entries()) textBytes[column]!.set(batch.doubles(i + 2), at);
    builder.appendColumns(
      keyFields.map(({ type }, i) => keyColumnFrom(batch, i + 2 + texts.length, type)),
      batch.rowCount,
    );
    at += batch.rowCount;
  }
  const list = builder.toKeyList();
  if (keyFields.length > 0 && !isAscending(list)) {
    throw new ManyfitError("internal", "keys came out of the database in another order than their bytes");
  }
  return { keys: list, rows, usableRows, textBytes };
}
