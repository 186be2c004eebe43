import type { EstimatorSpec, Job } from "../../src/job/job.ts";
import type { ResolvedJob } from "../../src/job/resolved-job.ts";
import type { SourceSchema } from "../../src/source/source-schema.ts";
import { keyTypeOf } from "../../src/source/sql-type.ts";
import { BUILT_IN_ESTIMATORS } from "../../src/trainer/built-in-estimators.ts";
import { resolveEstimator, resolveKeys } from "../../src/trainer/resolve-job.ts";
import { resolveRowPolicy } from "../../src/trainer/resolve-row-policy.ts";

/** A job with an estimator, settled against what its source has, as engines do it. */
export function resolveEstimatorJob(
  job: Job & { readonly trainer: EstimatorSpec },
  schema: SourceSchema,
): ResolvedJob {
  const keyFields = resolveKeys(job, schema, keyTypeOf);
  const { format, files, columns } = schema;
  const trainer = resolveEstimator(job.trainer, schema, keyFields, BUILT_IN_ESTIMATORS);
  const dialect = schema.format === "csv" ? schema.dialect : null;
  return {
    ...job,
    format,
    dialect,
    files,
    columns,
    keyFields,
    ...trainer,
    rowPolicy: resolveRowPolicy(job, null),
  };
}
