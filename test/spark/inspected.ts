import { type Column, columnFromArray, int32, tableFromColumns, tableToIPC } from "@uwdata/flechette";
import { afterAll } from "vitest";
import type { Connection } from "../../src/duckdb/duckdb.ts";
import { type Prepared, prepareJob } from "../../src/engine/local/prepare.ts";
import { collectTables } from "../../src/engine/spark/collect-tables.ts";
import { prepareOnSpark } from "../../src/engine/spark/prepare.ts";
import type { SparkKeys, SparkPrepared } from "../../src/engine/spark/prepared.ts";
import { broadcast, joined, localRows, named, projected } from "../../src/engine/spark/relations.ts";
import { endSessions, openSession } from "../../src/engine/spark/shared-session.ts";
import type { Job } from "../../src/job/job.ts";
import type { SettleContext } from "../../src/settle-job.ts";
import { type BatchColumn, streamRows } from "../../src/source/stream-rows.ts";
import { BUILT_IN_ESTIMATORS } from "../../src/trainer/built-in-estimators.ts";
import { linearRegression } from "../../src/trainer/linear-regression.ts";
import { PLAIN_JOB, plainSource } from "../plain-job.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const NEVER = new AbortController().signal;

afterAll(endSessions);

/** A job over some paths: linear regression of `y` on `x` by `k`, unless it is told otherwise. */
export function jobOf(paths: readonly string[], told: Partial<Job> = {}): Job {
  return {
    ...{ ...PLAIN_JOB, source: plainSource(paths), seed: 7 },
    partitioning: { kind: "by", columns: ["k"] },
    trainer: linearRegression({ target: "y", features: ["x"] }),
    ...told,
  };
}

/** A trainer of the user's that reads some columns. */
export function moduleJob(paths: readonly string[], told: Partial<Job> = {}): Job {
  return jobOf(paths, { trainer: { module: "trainer.mjs", params: {} }, ...told });
}

function contextOf(columns: readonly string[]): Omit<SettleContext, "partitions"> {
  const described = { columns, hasPredict: false, hasScore: false, minRows: 0 };
  const bundle = { name: "trainer.mjs", sha256: "0".repeat(64), code: "" };
  const module = { bundle, describe: () => Promise.resolve(described) };
  return { families: BUILT_IN_ESTIMATORS, module: module as never, signal: NEVER };
}

/** What Spark finds of a job; `columns` are those that a trainer of the user's reads. */
export async function inspectedThere(
  job: Job,
  { server, connection }: { readonly server: string; readonly connection: Connection },
  columns: readonly string[] = [],
): Promise<SparkPrepared> {
  const { session } = await openSession(server, NEVER);
  return prepareOnSpark(job, {
    ...contextOf(columns),
    ...{ session, connection, tempFolder: temporaryFolder(), onStep: () => undefined },
  });
}

/** What the local engine finds of it. */
export function inspectedHere(
  job: Job,
  connection: Connection,
  columns: readonly string[] = [],
): Promise<Prepared> {
  return prepareJob(job, { ...contextOf(columns), connection, onStep: () => undefined });
}

/** A row as a worker is given it: its partition, its position, and what the trainer reads, NULL as null. */
export type GivenRow = readonly (number | string | null)[];

/** The rows of a prepared source with the partitions of their keys, by position. */
export async function rowsThere(
  { rows, dictionary: { keys, partition }, inventory }: SparkKeys,
  server: string,
): Promise<GivenRow[]> {
  const { session } = await openSession(server, NEVER);
  const { readColumns, keyFields } = inventory.job;
  const columns = keyFields.map((_, i) => [`k${i}`, keys.getChild(`k${i}`)] as [string, Column<unknown>]);
  const lookup = tableFromColumns([...columns, ["partition", columnFromArray(partition, int32())]]);
  const found = joined(
    named(rows, "r"),
    broadcast(named(localRows(tableToIPC(lookup, { format: "stream" })!), "d")),
    keyFields.map((_, i) => `r.k${i} <=> d.k${i}`).join(" and ") || "true",
  );
  const values = readColumns.map(({ hasValidity }, i) =>
    hasValidity ? `if(v${i} = 1, c${i}, null) as c${i}` : `c${i}`,
  );
  const given: GivenRow[] = [];
  for await (const table of collectTables(
    session,
    projected(found, ["partition", "position", ...values]),
    NEVER,
  )) {
    for (const row of table.toArray() as Record<string, number | string | null>[])
      given.push([row["partition"]!, row["position"]!, ...readColumns.map((_, i) => row[`c${i}`]!)]);
  }
  return given.sort((a, b) => Number(a[1]) - Number(b[1]));
}

/** The same of the local engine. */
export async function rowsHere(
  { relation, dictionary }: Extract<Prepared, { readonly kind: "keys" }>,
  connection: Connection,
): Promise<GivenRow[]> {
  const given: GivenRow[] = [];
  for await (const batch of streamRows(relation, dictionary.lookup, connection)) {
    for (let row = 0; row < batch.rowCount; row++)
      given.push([
        batch.partition[row]!,
        batch.position[row]!,
        ...batch.columns.map((column) => valueAt(column, row)),
      ]);
  }
  return given.sort((a, b) => Number(a[1]) - Number(b[1]));
}

function valueAt(column: BatchColumn, row: number): number | string | null {
  if (column.kind === "texts") {
    const bytes = column.values[row];
    return bytes == null ? null : new TextDecoder("utf-8").decode(bytes);
  }
  return column.isValid !== null && column.isValid[row] === 0 ? null : column.values[row]!;
}
