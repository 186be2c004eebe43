import type { Estimator } from "../estimator/estimator.ts";
import type { Params } from "../job/job.ts";
import type { SourceColumn, TrainerColumns } from "../job/resolved-job.ts";

/** An algorithm as users name it: how its params become columns to read and an estimator to fit. */
export interface EstimatorFamily {
  /** As in `--estimator` and in a trainer spec. */
  readonly name: string;
  /**
   * The columns to read, from the params, the source's columns and the key's names. Throws `invalid_option`,
   * `unknown_column` or `unsupported_type` for params that cannot be met.
   */
  resolveColumns(
    params: Params,
    columns: readonly SourceColumn[],
    keyNames: readonly string[],
  ): TrainerColumns;
  createEstimator(params: Params, columns: TrainerColumns): Estimator;
}
