import type { Connection } from "../duckdb/duckdb.ts";
import { FIT_STATES, type FitState, SKIP_REASONS } from "../run/fit-state.ts";
import type { RunCounts } from "./manifest.ts";
import { readStoredParquet } from "./parquet-sql.ts";

const ROW_COUNTS = ["rows_read", "rows_used", "rows_dropped", "rows_held_out"] as const;

/** Counts over a stored ledger; rows that are not known count as none. */
export async function countLedger(connection: Connection, ledgerPath: string): Promise<RunCounts> {
  const groups = await connection.rows<{
    readonly state: FitState;
    readonly reason: string | null;
    readonly partitions: number;
    readonly rows_read: number;
    readonly rows_used: number;
    readonly rows_dropped: number;
    readonly rows_held_out: number;
  }>(
    `select state, reason, count(*)::DOUBLE as partitions, ${ROW_COUNTS.map(
      (name) => `coalesce(sum(${name}), 0)::DOUBLE as ${name}`,
    ).join(", ")} from ${readStoredParquet([ledgerPath])} group by all`,
  );
  const sum = (name: "partitions" | (typeof ROW_COUNTS)[number], of = groups): number =>
    of.reduce((total, group) => total + group[name], 0);
  const countsOf = <Name extends string>(column: "state" | "reason", names: readonly Name[]) =>
    Object.fromEntries(
      names.map((name) => [
        name,
        sum(
          "partitions",
          groups.filter((group) => group[column] === name),
        ),
      ]),
    ) as Record<Name, number>;
  return {
    partitions: sum("partitions"),
    states: countsOf("state", FIT_STATES),
    reasons: countsOf("reason", SKIP_REASONS),
    rowsRead: sum("rows_read"),
    rowsUsed: sum("rows_used"),
    rowsDropped: sum("rows_dropped"),
    rowsHeldOut: sum("rows_held_out"),
  };
}
