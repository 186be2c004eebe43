import { isEstimatorSpec } from "../job/job.ts";
import type { ResolvedJob } from "../job/resolved-job.ts";
import type { WorkerTrainer } from "../protocol/message.ts";
import { DOCUMENT_SCHEMA, type ResultSchema } from "../run/result-schema.ts";
import { createTrainer } from "../trainer/create-trainer.ts";
import type { EstimatorFamily } from "../trainer/estimator-family.ts";
import type { Trainer } from "../trainer/trainer.ts";
import type { UserModule } from "../user-module/user-module.ts";

/** What an engine knows of what it fits with. */
export interface JobTrainer {
  /** The job's estimator as a trainer; null where its trainer is a module of the user's. */
  readonly estimator: Trainer | null;
  readonly resultSchema: ResultSchema;
  /** Rows below which nothing is fitted. */
  readonly minRows: number;
  /** How workers are told of it. */
  readonly worker: () => WorkerTrainer;
}

/** The trainer of a job; `module` is the user's, where the job names one. */
export function jobTrainer(
  job: ResolvedJob,
  module: UserModule | null,
  families: readonly EstimatorFamily[],
): JobTrainer {
  const { trainer, trainerColumns } = job;
  if (isEstimatorSpec(trainer)) {
    const columns = trainerColumns!;
    const estimator = createTrainer(trainer, columns, families, job);
    const { resultSchema, minRows } = estimator;
    return {
      estimator,
      resultSchema,
      minRows,
      worker: () => ({ kind: "estimator", spec: trainer, columns }),
    };
  }
  const minRows = Math.max(job.module?.minRows ?? 0, job.rowPolicy.minRows);
  return { estimator: null, resultSchema: DOCUMENT_SCHEMA, minRows, worker: () => module!.worker() };
}
