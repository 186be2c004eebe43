import { ManyfitError, suggestName } from "../errors.ts";
import { HOLDOUT_METRICS } from "../estimator/holdout-score.ts";
import type { EstimatorSpec } from "../job/job.ts";
import type { TrainerColumns } from "../job/resolved-job.ts";
import type { EstimatorFamily } from "./estimator-family.ts";
import { fitBlocked } from "./fit-blocked.ts";
import { fitPartition } from "./fit-partition.ts";
import { namesOfParts } from "./resolve-parts.ts";
import type { RowContext } from "./select-rows.ts";
import type { Trainer } from "./trainer.ts";

/** The family that a spec names. Throws `unknown_estimator` with the nearest name. */
export function familyOf(spec: EstimatorSpec, families: readonly EstimatorFamily[]): EstimatorFamily {
  const family = families.find((candidate) => candidate.name === spec.estimator);
  if (family !== undefined) return family;
  const names = families.map((candidate) => candidate.name);
  throw new ManyfitError(
    "unknown_estimator",
    `estimator "${spec.estimator}" is not known; ${suggestName(spec.estimator, names)}`,
  );
}

/**
 * The trainer that a spec describes, over columns that were resolved before. Where rows are held out, its metrics are
 * those of the estimator and behind them {@link HOLDOUT_METRICS}.
 * @throws ManyfitError `unknown_estimator`; `internal` for a row policy that keeps rows that no estimator can fit.
 */
export function createTrainer(
  spec: EstimatorSpec,
  columns: TrainerColumns,
  families: readonly EstimatorFamily[],
  { rowPolicy, seed }: RowContext,
): Trainer {
  if (rowPolicy.nulls === "keep")
    throw new ManyfitError(
      "internal",
      `${spec.estimator} was told to keep rows with NULL, NaN or an infinity`,
    );
  const estimator = familyOf(spec, families).createEstimator(spec.params, columns);
  const { resultSchema } = estimator;
  const metrics = [...resultSchema.metrics, ...HOLDOUT_METRICS];
  const columnNames = namesOfParts(columns);
  const fitting = { estimator, columns, columnNames, rowPolicy, seed };
  return {
    resultSchema: rowPolicy.holdout === null ? resultSchema : { ...resultSchema, metrics },
    minRows: Math.max(estimator.minRows, rowPolicy.minRows),
    fitPartition: (rows, keyBytes) => fitPartition(rows, keyBytes, fitting),
    fitBlocked: (rows) => fitBlocked(rows, fitting),
  };
}
