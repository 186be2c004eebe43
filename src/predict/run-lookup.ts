import { join } from "node:path";
import type { Connection } from "../duckdb/duckdb.ts";
import { quoteIdentifier, quoteText } from "../duckdb/quote.ts";
import { ManyfitError } from "../errors.ts";
import { sqlTypeOf } from "../source/sql-type.ts";
import type { PartitionLookup } from "../source/stream-rows.ts";
import { readStoredParquet } from "../store/parquet-sql.ts";
import { RUN_FILE } from "../store/run-files.ts";
import type { TrainedRun } from "./trained-run.ts";

/** Name of the table of all partitions of the run. */
const LOOKUP = "run_lookup";

/** What is said of rows of a key that the run does not have. */
export const UNKNOWN_KEY = "unknown_key";

/** What is said of rows in which a feature that the model uses is NULL, NaN or infinite. */
export const NULL_FEATURE = "null_feature";

/** SQL over the ledger `l` for why rows of a partition without a model have no prediction. */
const NOT_FITTED = "concat_ws(' ', 'not_fitted:', l.state, l.reason, l.error_code)";

/** The run's partitions as rows look them up. */
export interface RunLookup extends PartitionLookup {
  /**
   * SQL type of reasons. Of linear models all that can be said is known before, and a reason is a number of one byte (an
   * ENUM) until it is written: rows are sorted with it. Trainers of the user's say anything: VARCHAR.
   */
  readonly reasonType: string;
}

/**
 * The run's partitions as a table: `k0 …`, `partition`, and `reason`, which is NULL for those that have a model. For
 * linear models there is `b`, the intercept (0 without one, NULL without a model), and `b0 …`, a coefficient per feature,
 * NULL where it is aliased.
 */
export async function createRunLookup(trained: TrainedRun, connection: Connection): Promise<RunLookup> {
  const { folder, manifest, model } = trained;
  const ledger = readStoredParquet([join(folder, RUN_FILE.ledger)]);
  const models = readStoredParquet([join(folder, RUN_FILE.models)]);
  const keys = manifest.keys.map(({ column, type }, i) => {
    return `l.${quoteIdentifier(column)}::${sqlTypeOf(type)} as k${i}`;
  });
  try {
    const reasonType = model.kind === "linear" ? await reasonsOf(ledger, connection) : "VARCHAR";
    const reason = `case when l.state <> 'fitted' then ${NOT_FITTED}::${reasonType} end as reason`;
    const columns = ["l.partition", ...keys, reason];
    let from = `${ledger} l`;
    if (model.kind === "linear") {
      from += ` left join ${models} m on m.partition = l.partition`;
      columns.push("case when l.state = 'fitted' then coalesce(m.intercept, 0) end as b");
      columns.push(...model.reads.map((_, i) => `m.coefficients[${i + 1}] as b${i}`));
    }
    await connection.run(
      `create or replace table ${LOOKUP} as select ${columns.join(", ")} from ${from} order by l.partition`,
    );
    return { table: LOOKUP, hasNull: await nullFlags(manifest.keys.length, connection), reasonType };
  } catch (error) {
    throw new ManyfitError("run_damaged", `run folder ${folder}: its tables cannot be read`, {
      cause: error,
    });
  }
}

/** All reasons that rows of linear models can have, as a type. */
async function reasonsOf(ledger: string, connection: Connection): Promise<string> {
  const unfitted = await connection.rows<{ text: string }>(
    `select distinct ${NOT_FITTED} as text from ${ledger} l where l.state <> 'fitted' order by text`,
  );
  const reasons = [UNKNOWN_KEY, NULL_FEATURE, ...unfitted.map(({ text }) => text)];
  return `ENUM(${reasons.map(quoteText).join(", ")})`;
}

/** SQL that joins every row of a relation `r` to its partition `d`, where there is one. */
export function joinLookup({ table, hasNull }: PartitionLookup): string {
  // A pooled run has one partition, which is that of every row.
  if (hasNull.length === 0) return `cross join ${table} d`;
  // Plain equality joins a quarter faster, and is the same where there is no NULL.
  const matches = hasNull.map((isNull, i) => `r.k${i} ${isNull ? "is not distinct from" : "="} d.k${i}`);
  return `left join ${table} d on ${matches.join(" and ")}`;
}

async function nullFlags(keyCount: number, connection: Connection): Promise<boolean[]> {
  if (keyCount === 0) return [];
  const counts = Array.from({ length: keyCount }, (_, i) => `(count(*) > count(k${i})) as n${i}`);
  const [row] = await connection.rows<Record<string, boolean>>(`select ${counts.join(", ")} from ${LOOKUP}`);
  return counts.map((_, i) => row![`n${i}`]!);
}
