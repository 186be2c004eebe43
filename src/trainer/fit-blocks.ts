import type { Blocks, Estimator, Fit } from "../estimator/estimator.ts";
import { scoreHoldout } from "../estimator/holdout-score.ts";
import type { RowCounts } from "./select-rows.ts";
import type { PartitionResult } from "./trainer.ts";

/** The rows of a partition that is fitted. */
export interface PartitionBlocks {
  readonly used: Blocks;
  /** To be scored; null where the run holds out no rows of any partition. Without a block nothing can be scored. */
  readonly heldOut: Blocks | null;
  readonly counts: RowCounts;
}

/**
 * One fit and, where the run has a holdout, its score: the metrics of the holdout behind those of the fit. Never
 * throws: an exception of the estimator is this partition's failure.
 */
export function fitBlocks(estimator: Estimator, { used, heldOut, counts }: PartitionBlocks): PartitionResult {
  try {
    const fit = estimator.fit(used);
    const scored = "failure" in fit || heldOut === null ? fit : withScore(estimator, fit, heldOut);
    if (!("failure" in scored)) return { state: "fitted", fit: scored, ...counts };
    return { state: "failed", ...scored.failure, stack: null, ...counts };
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    const stack = thrown instanceof Error ? (thrown.stack ?? null) : null;
    return { state: "failed", code: "estimator_threw", message, stack, ...counts };
  }
}

function withScore(estimator: Estimator, fit: Fit, heldOut: Blocks): ReturnType<Estimator["fit"]> {
  const score = scoreHoldout({ estimator, model: fit.model }, heldOut);
  if ("failure" in score) return score;
  return {
    ...fit,
    metrics: [...fit.metrics, ...score.metrics],
    warnings: [...fit.warnings, ...score.warnings],
  };
}
