import type { ResultSchema } from "../run/result-schema.ts";

/** Rows in one block, except the last block of a partition: part of the definition of every model's bits. */
export const BLOCK_ROWS = 4096;

/** What a model predicts from: some rows as columns of features. Never written to. */
export interface RowValues {
  readonly rowCount: number;
  /** One array per feature, each `rowCount` long; every value is finite. */
  readonly features: readonly Float64Array[];
}

/** Up to {@link BLOCK_ROWS} rows of a partition, used or held out, in canonical order, as columns. Never written to. */
export interface Block extends RowValues {
  readonly target: Float64Array;
  /** One weight per row, finite; null when rows are not weighted. */
  readonly weights: Float64Array | null;
}

/**
 * The used rows of one partition, or those held out, in blocks. May be walked any number of times and gives the same blocks each
 * time; an estimator never needs all rows at once, so a partition may be larger than memory.
 */
export type Blocks = Iterable<Block>;

/** A remark on a model that was fitted all the same. */
export interface FitWarning {
  /** A short name that programs can group by: `rank_deficient`, `constant_target`, … */
  readonly code: string;
  readonly message: string;
}

/** What a linear fit says of one term; null where there is no value (an aliased term, no degrees of freedom left). */
export interface TermEstimate {
  readonly estimate: number | null;
  readonly stdError: number | null;
  readonly statistic: number | null;
  readonly pValue: number | null;
}

/**
 * The outcome of a fit that succeeded. Values stand in the order of the estimator's {@link ResultSchema}, and are
 * finite numbers or null.
 */
export interface Fit {
  /** One entry per model field: a number or null, or a list of them. */
  readonly model: readonly (number | null | readonly (number | null)[])[];
  readonly metrics: readonly (number | null)[];
  readonly terms: readonly TermEstimate[];
  readonly warnings: readonly FitWarning[];
}

/** A fit that cannot be had from these rows, for a reason that lies in the data: the partition's state is `failed`. */
export interface FitFailure {
  readonly failure: { readonly code: string; readonly message: string };
}

/**
 * One algorithm with its params: used rows in, plain model out. Pure: no I/O, no clock, no key, no state kept
 * between fits; the same blocks give the same bits wherever they are fitted.
 */
export interface Estimator {
  /** What its models look like. */
  readonly resultSchema: ResultSchema;
  /** Fewer used rows than this are not fitted but skipped: the number of coefficients. */
  readonly minRows: number;
  fit(blocks: Blocks): Fit | FitFailure;
  /**
   * One prediction of the target for each row, by a model of a fit of the same params, wherever that was made: `model`
   * is all that it goes by. Depends on no other row, and is NaN or infinite only where it leaves the range of a double.
   */
  predict(model: Fit["model"], rows: RowValues): Float64Array;
}
