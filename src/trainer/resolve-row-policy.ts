import { isModuleSpec, type Job } from "../job/job.ts";
import type { RowPolicy } from "../job/policy.ts";

/** What a job says of rows, with the defaults of its trainer. */
export function resolveRowPolicy({ trainer, policy, orderBy }: Job): RowPolicy {
  const { nulls, minRows, holdout } = policy;
  return {
    nulls: nulls ?? (isModuleSpec(trainer) ? "keep" : "drop"),
    minRows: minRows ?? 0,
    holdout: holdout === null ? null : { share: holdout, rows: orderBy.length > 0 ? "last" : "random" },
  };
}
