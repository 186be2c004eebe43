import { ManyfitError } from "../errors.ts";
import { isModuleSpec, isSklearnSpec, type Job } from "../job/job.ts";
import type { RowPolicy } from "../job/policy.ts";
import type { TrainerModule } from "../job/resolved-job.ts";

/**
 * What a job says of rows, with the defaults of its trainer; `module` is what is known of it where it is one.
 * @throws ManyfitError `invalid_option` for a holdout that the trainer cannot score.
 */
export function resolveRowPolicy({ trainer, policy, orderBy }: Job, module: TrainerModule | null): RowPolicy {
  const { nulls, minRows, holdout } = policy;
  if (holdout !== null && module?.hasScore === false) {
    if (isSklearnSpec(trainer)) {
      const text = `--holdout needs a class that can score: ${trainer.sklearn} is neither a regressor nor a classifier; leave --holdout out`;
      throw new ManyfitError("invalid_option", text);
    }
    throw new ManyfitError(
      "invalid_option",
      `--holdout needs a trainer that can score: give ${module.name} a score({ model, table }) that returns metrics, such as { rmse }, or leave --holdout out`,
    );
  }
  return {
    nulls: nulls ?? (isModuleSpec(trainer) ? "keep" : "drop"),
    minRows: minRows ?? 0,
    holdout: holdout === null ? null : { share: holdout, rows: orderBy.length > 0 ? "last" : "random" },
  };
}
