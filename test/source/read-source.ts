import type { Connection } from "../../src/duckdb/duckdb.ts";
import type { ManyfitError } from "../../src/errors.ts";
import type { Job, SourceSpec } from "../../src/job/job.ts";
import type { ResolvedJob } from "../../src/job/resolved-job.ts";
import { decodeKey } from "../../src/key/decode-key.ts";
import { keyAt } from "../../src/key/key-list.ts";
import { createDictionary } from "../../src/source/dictionary.ts";
import { inspectSource } from "../../src/source/inspect-source.ts";
import { limitPartitions } from "../../src/source/limit-partitions.ts";
import { createRelation, type Relation } from "../../src/source/relation.ts";
import { type RowBatch, streamRows, streamSortedRows } from "../../src/source/stream-rows.ts";
import { checkOrderColumns } from "../../src/source/used-columns.ts";
import { linearRegression } from "../../src/trainer/linear-regression.ts";
import { PLAIN_JOB } from "../plain-job.ts";
import { resolveEstimatorJob } from "./resolve-estimator-job.ts";

/** What is asked of a source: `y ~ x` by `key` where nothing else is said. */
export interface Asked extends Partial<Pick<Job, "orderBy" | "limit">> {
  readonly by?: readonly string[];
  readonly target?: string;
  /** Null: all other numeric columns. */
  readonly features?: readonly string[] | null;
}

/** A row of a source: its key, then the values of the trainer's columns. */
export type ReadRow = readonly unknown[];

/** What was read of a source. */
export interface ReadSource {
  readonly job: ResolvedJob;
  readonly relation: Relation;
  /** Sorted by key and position, as DuckDB sorts them. */
  readonly rows: readonly ReadRow[];
  /** As they come with the number of their partition, sorted here. */
  readonly scattered: readonly ReadRow[];
}

/** Reads a source as the local engine does, in both of its ways. */
export async function readSource(
  connection: Connection,
  source: SourceSpec,
  asked: Asked = {},
): Promise<ReadSource> {
  const { by = ["key"], target = "y", features = ["x"], orderBy = [], limit = null } = asked;
  const schema = await inspectSource(source, connection);
  checkOrderColumns({ orderBy }, schema.columns);
  const trainer = linearRegression({ target, features: features ?? undefined });
  const partitioning = { kind: "by", columns: by } as const;
  const job = resolveEstimatorJob(
    { ...PLAIN_JOB, source, partitioning, trainer, seed: 0, orderBy, limit },
    schema,
  );
  const whole = await createRelation(job, schema, connection);
  const all = await createDictionary(whole, job, connection);
  const { relation, dictionary } = await limitPartitions(limit, whole, all, connection);
  const types = job.keyFields.map((field) => field.type);
  const rowsOf = async (batches: AsyncIterable<RowBatch>): Promise<ReadRow[]> => {
    const rows = await copyRows(batches);
    rows.sort((a, b) => a.partition - b.partition || a.position - b.position);
    return rows.map(({ partition, values }) => [
      ...decodeKey(types, keyAt(dictionary.keys, partition)),
      ...values,
    ]);
  };
  const rows = await rowsOf(streamSortedRows(relation, connection));
  const scattered = await rowsOf(streamRows(relation, dictionary.lookup, connection));
  return { job, relation, rows, scattered };
}

/** Code and message of the error that reading ends with, `folder` left out. */
export async function refusalOf(reading: Promise<unknown>, folder: string): Promise<string> {
  try {
    await reading;
  } catch (error) {
    const { code, message } = error as ManyfitError;
    return `${code}: ${message.replaceAll(`${folder}/`, "")}`;
  }
  return "nothing was refused";
}

interface CopiedRow {
  readonly partition: number;
  readonly position: number;
  readonly values: readonly number[];
}

async function copyRows(batches: AsyncIterable<RowBatch>): Promise<CopiedRow[]> {
  const rows: CopiedRow[] = [];
  for await (const { rowCount, partition, position, columns } of batches) {
    for (let i = 0; i < rowCount; i++) {
      const values = columns.map((column) => (column.kind === "numbers" ? column.values[i]! : Number.NaN));
      rows.push({ partition: partition[i]!, position: position[i]!, values });
    }
  }
  return rows;
}
