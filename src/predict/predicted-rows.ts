import type { Connection } from "../duckdb/duckdb.ts";
import type { Relation } from "../source/relation.ts";
import { joinLookup, type RunLookup, UNKNOWN_KEY } from "./run-lookup.ts";

/** A column that a prediction adds. */
export interface AddedColumn {
  readonly name: string;
  /** SQL for its value in the table {@link PREDICTED}. */
  readonly column: string;
}

/** How the values of every row come about, for rows `r` joined to their partitions `d`. */
export interface RowValues {
  /** SQL that follows the join to the partitions. */
  readonly join: string;
  /**
   * SQL that is true only of rows that have a model and are predicted, and is cheap: those are asked for no reason. Null
   * where nothing cheap tells.
   */
  readonly isPredicted: string | null;
  /** SQL for why a row of a partition with a model has no prediction; NULL where it has. */
  readonly reason: string;
  /** SQL for each column of predictions; of no matter where there is a reason. */
  readonly values: readonly { readonly name: string; readonly sql: string }[];
}

/**
 * Name of the table with a row for each of the source, in order: `position`, `partition` (NULL: no such key), `reason`
 * (NULL: predicted), the predictions `p0 …` and, where the files are the keys, `k0`.
 */
export const PREDICTED = "predicted";

/** Rows joined to their partitions, and what is added to them. */
export interface JoinedRows {
  readonly relation: Relation;
  readonly lookup: RunLookup;
  readonly values: RowValues;
}

/** Makes the table {@link PREDICTED}; the order is sorted anew, because a join does not keep it. */
export async function createPredictedRows(
  rows: JoinedRows,
  hasFileKeys: boolean,
  connection: Connection,
): Promise<AddedColumn[]> {
  const { values } = rows.values;
  const file = hasFileKeys ? ["k0"] : [];
  const outer = values.map((_, i) => `case when reason is null then v${i} end as p${i}`);
  await connection.run(
    `create or replace table ${PREDICTED} as
     select ${["position", "partition", "reason", ...outer, ...file].join(", ")}
     from ${valuedRows(rows, ["position", ...file])} order by position`,
  );
  return values.map(({ name }, i) => ({ name, column: `p${i}` }));
}

/**
 * SQL for the rows, in no order, with `partition`, `reason` (of the lookup's type), the values `v0 …` (of no matter where
 * there is a reason), and some columns of the relation.
 */
export function valuedRows(
  { relation, lookup, values: { join, isPredicted, reason, values } }: JoinedRows,
  carried: readonly string[],
): string {
  const columns = [
    ...carried.map((name) => `r.${name}`),
    "d.partition",
    `case ${isPredicted === null ? "" : `when ${isPredicted} then null`}
      when d.partition is null then '${UNKNOWN_KEY}'::${lookup.reasonType}
      when d.reason is not null then d.reason
      else (${reason})::${lookup.reasonType} end as reason`,
    ...values.map(({ sql }, i) => `${sql} as v${i}`),
  ];
  return `(select ${columns.join(", ")} from ${relation.sql} r ${joinLookup(lookup)} ${join})`;
}
