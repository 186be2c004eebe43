import { ManyfitError, suggestName } from "../errors.ts";
import type { EstimatorSpec } from "../job/job.ts";
import type { TrainerColumns } from "../job/resolved-job.ts";
import type { EstimatorFamily } from "./estimator-family.ts";
import { fitPartition } from "./fit-partition.ts";
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

/** The trainer that a spec describes, over columns that were resolved before. */
export function createTrainer(
  spec: EstimatorSpec,
  columns: TrainerColumns,
  families: readonly EstimatorFamily[],
): Trainer {
  const estimator = familyOf(spec, families).createEstimator(spec.params, columns);
  const shape = {
    featureCount: columns.features.length,
    isWeighted: columns.weights !== null,
    minRows: estimator.minRows,
  };
  return {
    resultSchema: estimator.resultSchema,
    minRows: estimator.minRows,
    fitPartition: (rows) => fitPartition(rows, shape, estimator),
  };
}
