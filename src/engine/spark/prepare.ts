import type { Job } from "../../job/job.ts";
import type { SparkPrepareContext } from "./prepare-context.ts";
import { prepareSparkFiles } from "./prepare-files.ts";
import { prepareSparkKeys } from "./prepare-keys.ts";
import type { SparkPrepared } from "./prepared.ts";

/**
 * Settles a job against its source on the cluster, and counts its partitions there.
 * @throws ManyfitError `invalid_option` for what only this machine can do, `source_not_found`, `source_empty`,
 *   `source_unreadable`, `unknown_column`, `unsupported_type` as a local inspection does, and Spark's errors.
 */
export async function prepareOnSpark(job: Job, context: SparkPrepareContext): Promise<SparkPrepared> {
  // Days and times mean the same on every machine.
  await context.session.configure({ "spark.sql.session.timeZone": "UTC" }, context.signal);
  return job.partitioning.kind === "file" ? prepareSparkFiles(job, context) : prepareSparkKeys(job, context);
}
