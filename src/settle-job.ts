import type { TrainerBundle } from "./bundle/bundle-trainer.ts";
import { ManyfitError } from "./errors.ts";
import { isEstimatorSpec, isSklearnSpec, type Job } from "./job/job.ts";
import type { ResolvedJob, TrainerColumns } from "./job/resolved-job.ts";
import type { TrainerDescription } from "./job/trainer-description.ts";
import type { SourceSchema } from "./source/source-schema.ts";
import { keyTypeOf } from "./source/sql-type.ts";
import { checkOrderColumns } from "./source/used-columns.ts";
import type { Field } from "./table/field.ts";
import type { EstimatorFamily } from "./trainer/estimator-family.ts";
import {
  fieldsOf,
  type ResolvedTrainer,
  resolveEstimator,
  resolveKeys,
  resolveModule,
} from "./trainer/resolve-job.ts";
import { resolveRowPolicy } from "./trainer/resolve-row-policy.ts";
import { resolveClassColumns } from "./trainer/sklearn.ts";

/** What jobs are settled with. */
export interface SettleContext {
  readonly families: readonly EstimatorFamily[];
  /** The module of the job, where its trainer is one, and how to ask what it reads. */
  readonly module: {
    readonly bundle: TrainerBundle;
    readonly describe: (
      schema: readonly Field[],
      signal: AbortSignal,
      parts: TrainerColumns | null,
      mostWorkers: number,
    ) => Promise<TrainerDescription>;
  } | null;
  /** How many partitions there are at most, as far as that is known before rows are read: more workers are of no use. */
  readonly partitions: number;
  readonly signal: AbortSignal;
}

/** A job with all that its source and its trainer leave no choice about; nothing is read but what is in `schema`. */
export async function settleJob(
  job: Job,
  schema: SourceSchema,
  context: SettleContext,
): Promise<ResolvedJob> {
  const keyFields = resolveKeys(job, schema, keyTypeOf);
  // The key of a file is none of its columns, whatever these are called.
  const keyColumns = job.partitioning.kind === "file" ? [] : keyFields;
  checkOrderColumns(job, schema.columns);
  const trainer = await resolveTrainer(job, schema, keyColumns, context);
  const { format, files, columns } = schema;
  const dialect = schema.format === "csv" ? schema.dialect : null;
  const rowPolicy = resolveRowPolicy(job, trainer.module);
  return { ...job, format, dialect, files, columns, keyFields, ...trainer, rowPolicy };
}

async function resolveTrainer(
  job: Job,
  schema: SourceSchema,
  keyColumns: ResolvedJob["keyFields"],
  { families, module, partitions, signal }: SettleContext,
): Promise<ResolvedTrainer> {
  const { trainer, limit } = job;
  if (isEstimatorSpec(trainer)) return resolveEstimator(trainer, schema, keyColumns, families);
  if (module === null) throw new ManyfitError("internal", "the user's trainer was not loaded");
  const parts = isSklearnSpec(trainer) ? resolveClassColumns(trainer, schema.columns, keyColumns) : null;
  const { name, sha256 } = module.bundle;
  const fields = fieldsOf(schema, keyColumns);
  const { columns, ...described } = await module.describe(
    fields,
    signal,
    parts,
    Math.min(partitions, limit ?? partitions),
  );
  return resolveModule(columns, schema, { name, sha256, ...described }, parts);
}
