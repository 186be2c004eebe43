/** What can become of a partition. Position in this list is the code in result batches: never reorder it. */
export const FIT_STATES = ["fitted", "skipped", "failed", "timed_out", "lost"] as const;

/** The state of one partition after the run. */
export type FitState = (typeof FIT_STATES)[number];

/**
 * Why a partition was skipped, by counts of rows alone. Position in this list is the code in result batches.
 * `no_rows`: none was left after dropping; `too_few_rows`: fewer to fit, after drops and
 * holdout, than the trainer has coefficients or asks for, or the run does.
 */
export const SKIP_REASONS = ["no_rows", "too_few_rows"] as const;

/** The reason of a skipped partition. */
export type SkipReason = (typeof SKIP_REASONS)[number];
