import type { ColumnBatch } from "../duckdb/column-batch.ts";
import type { Connection } from "../duckdb/duckdb.ts";
import type { Validity } from "../table/column.ts";
import type { ReadColumn } from "../table/read-column.ts";
import { readErrorFrom } from "./read-error.ts";
import type { Relation } from "./relation.ts";

/** A column of some rows on their way: numbers (arbitrary where `isValid` is 0), or the UTF-8 bytes of texts. */
export type BatchColumn =
  | { readonly kind: "numbers"; readonly values: Float64Array; readonly isValid: Validity }
  | { readonly kind: "texts"; readonly values: readonly (Uint8Array | null)[] };

/**
 * Some rows on their way, as columns over DuckDB's memory: valid until the next batch is asked for. `position`
 * numbers the rows of the whole source in canonical order.
 */
export interface RowBatch {
  readonly rowCount: number;
  readonly partition: Int32Array;
  readonly position: Float64Array;
  readonly columns: readonly BatchColumn[];
}

/** What the dictionary knows of its keys' columns. */
export interface PartitionLookup {
  /** Name of the table with `k0 …` and `partition`. */
  readonly table: string;
  /** For each key column, whether some key has NULL there. */
  readonly hasNull: readonly boolean[];
}

/**
 * All rows with the number of their partition, but for those of the partitions `except`, as fast as they can be read and
 * in no order that may be relied on: a join gives up the order of its input.
 */
export function streamRows(
  relation: Relation,
  lookup: PartitionLookup,
  connection: Connection,
  except: readonly number[] = [],
): AsyncGenerator<RowBatch, void, undefined> {
  const others = except.length === 0 ? "" : ` where partition not in (${except.join(", ")})`;
  return rowBatches(`${numberedRows(relation, lookup)}${others}`, relation, connection);
}

/** All rows of some partitions, sorted by partition and position by DuckDB, which spills to disk where memory ends. */
export function streamOrderedRows(
  relation: Relation,
  lookup: PartitionLookup,
  partitions: readonly number[],
  connection: Connection,
): AsyncGenerator<RowBatch, void, undefined> {
  const sql = `${numberedRows(relation, lookup)} where partition in (${partitions.join(", ")}) order by partition, position`;
  return rowBatches(sql, relation, connection);
}

/** A select of partition, position and the trainer's columns, without its filter. */
function numberedRows(relation: Relation, lookup: PartitionLookup): string {
  const columns = ["r.position", ...columnNames(relation, "r.")].join(", ");
  if (relation.keyCount === 0)
    return `select partition, ${columns} from (select 0::integer as partition, * from ${relation.sql}) r`;
  return `select d.partition, ${columns} from ${joinedRows(relation, lookup)}`;
}

/**
 * Bytes of the texts of each partition that a lookup knows, for each column; null for columns of numbers, and nothing is
 * asked where there are no others.
 */
export async function countTextBytes(
  relation: Relation,
  lookup: PartitionLookup,
  partitionCount: number,
  connection: Connection,
): Promise<(Float64Array | null)[]> {
  const counts = relation.columns.map(({ type }) =>
    type === "text" ? new Float64Array(partitionCount) : null,
  );
  const texts = counts.flatMap((count, i) => (count === null ? [] : [i]));
  if (texts.length === 0) return counts;
  const sums = texts.map((i) => `coalesce(sum(strlen(c${i})), 0)::double`).join(", ");
  const sql =
    relation.keyCount === 0
      ? `select 0::integer as partition, ${sums} from ${relation.sql} r`
      : `select d.partition, ${sums} from ${joinedRows(relation, lookup)} group by d.partition`;
  for await (const batch of connection.batches(sql)) {
    const partition = batch.int32s(0);
    for (const [at, column] of texts.entries()) {
      const bytes = batch.doubles(at + 1);
      for (let i = 0; i < batch.rowCount; i++) counts[column]![partition[i]!] = bytes[i]!;
    }
  }
  return counts;
}

/** Rows `r` beside the dictionary's `d`, where it has their key. */
function joinedRows({ sql }: Relation, { table, hasNull }: PartitionLookup): string {
  // Plain equality joins a quarter faster, and is the same where there is no NULL.
  const matches = hasNull.map((isNull, i) => `r.k${i} ${isNull ? "is not distinct from" : "="} d.k${i}`);
  return `${sql} r join ${table} d on ${matches.join(" and ")}`;
}

/**
 * All rows sorted by key and position by DuckDB, numbered by the rank of their key: a second way to the same
 * partitions, without dictionary, join or exchange.
 */
export function streamSortedRows(
  relation: Relation,
  connection: Connection,
): AsyncGenerator<RowBatch, void, undefined> {
  const { keyCount, sql, partitionLimit } = relation;
  const columns = ["position", ...columnNames(relation, "")].join(", ");
  const keys = Array.from({ length: keyCount }, (_, i) => `k${i} nulls first`).join(", ");
  const partition = keyCount === 0 ? "0::integer" : `(dense_rank() over (order by ${keys}) - 1)::integer`;
  const order = keyCount === 0 ? "position" : `${keys}, position`;
  const limited = partitionLimit === null ? "" : `qualify partition < ${partitionLimit} `;
  return rowBatches(
    `select ${partition} as partition, ${columns} from ${sql} ${limited}order by ${order}`,
    relation,
    connection,
  );
}

/** Texts leave as blobs: their bytes are wanted, and DuckDB's binding drops a byte order mark from a text. */
function columnNames({ columns }: Relation, prefix: string): string[] {
  return columns.map(({ type }, i) => (type === "text" ? `encode(${prefix}c${i})` : `${prefix}c${i}`));
}

function batchColumn(batch: ColumnBatch, index: number, { type, hasValidity }: ReadColumn): BatchColumn {
  if (type === "text") return { kind: "texts", values: batch.blobs(index) };
  return {
    kind: "numbers",
    values: batch.doubles(index),
    isValid: hasValidity ? batch.isValid(index) : null,
  };
}

async function* rowBatches(
  sql: string,
  { columns, paths }: Relation,
  connection: Connection,
): AsyncGenerator<RowBatch, void, undefined> {
  try {
    for await (const batch of connection.batches(sql)) {
      yield {
        rowCount: batch.rowCount,
        partition: batch.int32s(0),
        position: batch.doubles(1),
        columns: columns.map((column, i) => batchColumn(batch, i + 2, column)),
      };
    }
  } catch (error) {
    throw readErrorFrom(error, paths);
  }
}
