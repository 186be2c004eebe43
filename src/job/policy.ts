/**
 * What becomes of rows with NULL, NaN or an infinity in a column that the trainer reads: dropped and counted, given to
 * the trainer as they are, or reason enough for their partition to fail.
 */
export type NullPolicy = "drop" | "keep" | "fail";

/** How many partitions may fail, time out or be lost before a run stops: a number of them, or a share of all. */
export type FailureBudget = { readonly partitions: number } | { readonly share: number };

/** What a user says of rows, time and failures. */
export interface Policy {
  /** Null: as the trainer has it, `drop` for estimators and classes of scikit-learn's kind, `keep` for modules of the user's. */
  readonly nulls: NullPolicy | null;
  /** Partitions with fewer used rows are skipped; null: as many as the trainer needs. A trainer's own need stands. */
  readonly minRows: number | null;
  /** Share of each partition's usable rows that is not fitted but scored; null: none. */
  readonly holdout: number | null;
  /** How long one fit of a trainer of the user's may take, in milliseconds; null: any time. */
  readonly timeoutMs: number | null;
  /** Null: however many fail, the run goes on. */
  readonly maxFailed: FailureBudget | null;
}

/** Nothing is said: every row counts as the trainer has it, and nothing is limited. */
export const DEFAULT_POLICY: Policy = {
  nulls: null,
  minRows: null,
  holdout: null,
  timeoutMs: null,
  maxFailed: null,
};

/** Which rows of a partition are fitted, settled for every engine. */
export interface RowPolicy {
  readonly nulls: NullPolicy;
  /** Partitions with fewer used rows are skipped. */
  readonly minRows: number;
  /** Null: all usable rows are fitted. */
  readonly holdout: Holdout | null;
}

/**
 * Which usable rows of a partition are held out to score its model: of `n` the whole number below or at `share` × `n`.
 * `random`: those with the smallest hashes of the partition's seed and their index among the usable rows in canonical
 * order. `last`: the last in canonical order, which `orderBy` decides.
 */
export interface Holdout {
  /** Above 0 and below 1. */
  readonly share: number;
  readonly rows: "random" | "last";
}

/** Every row is used, as when rows are predicted. */
export const ALL_ROWS: RowPolicy = { nulls: "keep", minRows: 0, holdout: null };
