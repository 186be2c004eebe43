import type { Connection } from "../../duckdb/duckdb.ts";
import { ManyfitError } from "../../errors.ts";
import type { Inventory } from "../../job/inventory.ts";
import type { Job } from "../../job/job.ts";
import { type SettleContext, settleJob } from "../../settle-job.ts";
import { createDictionary, type Dictionary } from "../../source/dictionary.ts";
import { fileKeys, fileNames } from "../../source/file-keys.ts";
import { inspectFiles, ofLargest } from "../../source/inspect-files.ts";
import { inspectSource } from "../../source/inspect-source.ts";
import { limitPartitions } from "../../source/limit-partitions.ts";
import { checkFilter, createRelation, type Relation } from "../../source/relation.ts";

/** What an inspection leaves for the run: partitions whose rows are brought together, or files. */
export type Prepared =
  | {
      readonly kind: "keys";
      readonly inventory: Inventory;
      readonly relation: Relation;
      readonly dictionary: Dictionary;
    }
  | { readonly kind: "files"; readonly inventory: Inventory };

/** What jobs are prepared with. */
export interface PrepareContext extends Omit<SettleContext, "partitions"> {
  readonly connection: Connection;
  /** Told which part of the reading begins, `from .. to` percent of all. */
  readonly onStep: (from: number, to: number) => void;
}

/** Settles a job against its source, and counts its partitions. */
export async function prepareJob(job: Job, context: PrepareContext): Promise<Prepared> {
  return job.partitioning.kind === "file" ? prepareFiles(job, context) : prepareKeys(job, context);
}

async function prepareKeys(job: Job, context: PrepareContext): Promise<Prepared> {
  const { connection, signal, onStep } = context;
  const schema = await inspectSource(job.source, connection);
  signal.throwIfAborted();
  const partitions = job.partitioning.kind === "pooled" ? 1 : Number.POSITIVE_INFINITY;
  const resolved = await settleJob(job, schema, { ...context, partitions });
  // Text is parsed into a table first, and counting is quick then.
  const staged = schema.format === "parquet" ? 5 : 85;
  onStep(0, staged);
  const whole = await createRelation(resolved, schema, connection);
  signal.throwIfAborted();
  if (whole.rowCount === 0) throw noRows(resolved.files[0]!.path, job);
  onStep(staged, 100);
  const all = await createDictionary(whole, resolved, connection);
  signal.throwIfAborted();
  const { relation, dictionary } = await limitPartitions(job.limit, whole, all, connection);
  signal.throwIfAborted();
  const { keys, rows, usableRows } = dictionary;
  const { rowCount, fileRows } = relation;
  const counts = { partitionCount: rows.length, keys, rows, usableRows, rowCount, fileRows };
  return { kind: "keys", inventory: { job: resolved, ...counts }, relation, dictionary };
}

async function prepareFiles(job: Job, context: PrepareContext): Promise<Prepared> {
  const { connection, signal } = context;
  const { schema, files: all, largest } = await inspectFiles(job.source, connection);
  signal.throwIfAborted();
  const resolved = await settleJob(job, schema, { ...context, partitions: all.length }).catch(
    (error: unknown) => {
      throw ofLargest(error, largest);
    },
  );
  // What is wrong with the filter itself is no file's fault.
  await checkFilter({ ...resolved, keyFields: [] }, schema, connection);
  // In the order of their keys.
  const files = all.slice(0, job.limit ?? all.length);
  const unknown = new Float64Array(files.length).fill(Number.NaN);
  const inventory: Inventory = {
    job: { ...resolved, files },
    partitionCount: files.length,
    keys: fileKeys(fileNames(files, job.source.paths)),
    rows: unknown,
    usableRows: unknown,
    rowCount: null,
    fileRows: null,
  };
  return { kind: "files", inventory };
}

function noRows(path: string, job: Job): ManyfitError {
  const filtered = job.source.where === null ? "" : ` that satisfies --where ${job.source.where}`;
  return new ManyfitError(
    "source_empty",
    `${path}: the source has no row${filtered}; there is nothing to train on`,
  );
}
