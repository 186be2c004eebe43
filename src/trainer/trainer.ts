import type { Fit } from "../estimator/estimator.ts";
import type { SkipReason } from "../run/fit-state.ts";
import type { PredictionResult } from "../run/predicted.ts";
import type { ResultSchema } from "../run/result-schema.ts";
import type { Rows } from "../table/column.ts";

/**
 * All rows of one partition in canonical order, with the columns that the trainer reads in the order of the job's
 * `readColumns`. The arrays belong to the worker and are overwritten afterwards.
 */
export type PartitionRows = Rows;

/** A model that is a document, as it will be stored, with its metrics. */
export interface DocumentFit {
  /** Canonical JSON text, or bytes. */
  readonly model: string | Uint8Array;
  /** Of a model in bytes, canonical JSON of what it is and what can be read of it. Default: nothing. */
  readonly description?: string;
  /** Finite or null. */
  readonly metrics: Readonly<Record<string, number | null>>;
  readonly warnings: readonly { readonly code: string; readonly message: string }[];
}

/** When a fit began, in milliseconds since 1970, and how long it took. */
export interface FitTime {
  readonly startedAtMs: number;
  readonly durationMs: number;
}

/**
 * What became of one partition. `rowsDropped` are those that the row policy left out, `rowsHeldOut` those that it kept
 * from the fit to score it; with `rowsUsed` they add up to `rowsRead`.
 */
export type PartitionResult = {
  readonly rowsRead: number;
  readonly rowsUsed: number;
  readonly rowsDropped: number;
  readonly rowsHeldOut: number;
  /** When the fit began and how long it took, where that is known better than by whoever waits for it. */
  readonly time?: FitTime;
} & (
  | { readonly state: "fitted"; readonly fit: Fit }
  | { readonly state: "fitted"; readonly document: DocumentFit }
  | { readonly state: "skipped"; readonly reason: SkipReason }
  | {
      /** `timed_out` is said by whoever waits for a fit, never by a trainer. */
      readonly state: "failed" | "timed_out";
      readonly code: string;
      readonly message: string;
      readonly stack: string | null;
    }
);

/** Some rows, at most as many as an estimator's block has, as columns of numbers in the order of `readColumns`. */
export interface BlockColumns {
  readonly rowCount: number;
  readonly columns: readonly Float64Array[];
}

/**
 * The usable rows of a partition that need not be in memory together: divided by the row policy before, in canonical
 * order, in blocks that may be walked any number of times. A block has as many rows as an estimator's, but for the last.
 */
export interface BlockedRows {
  readonly rowsRead: number;
  readonly rowsUsed: number;
  readonly rowsHeldOut: number;
  readonly used: Iterable<BlockColumns>;
  readonly heldOut: Iterable<BlockColumns>;
  /** Row and column, from 0, of the first value that makes a row unusable; null where every row is usable. */
  readonly firstUnusable: { readonly row: number; readonly column: number } | null;
}

/** What is run on every partition. */
export interface Trainer {
  readonly resultSchema: ResultSchema;
  /** Partitions with fewer used rows are skipped. */
  readonly minRows: number;
  /**
   * Never throws or rejects: whatever goes wrong with a partition is its result. `keyBytes` are the canonical bytes
   * of the partition's key; null where the trainer does not see keys.
   */
  fitPartition(rows: PartitionRows, keyBytes: Uint8Array | null): PartitionResult | Promise<PartitionResult>;
  /** As `fitPartition`, to the same bits, for rows that are not in memory together. Absent where all are needed at once. */
  fitBlocked?(rows: BlockedRows): PartitionResult;
}

/** A trainer that can predict with the models that it fitted. */
export interface PredictingTrainer extends Trainer {
  /** Never rejects: whatever goes wrong is the result. `model` is as it was stored: canonical JSON text, or bytes. */
  predictPartition(
    rows: PartitionRows,
    keyBytes: Uint8Array | null,
    model: string | Uint8Array,
  ): Promise<PredictionResult>;
}

/** Which partition of which task. */
export interface AtWork {
  readonly task: number;
  readonly partition: number;
}

/** A trainer whose fits go on elsewhere: it can be given others before the first is answered, and answers in order. */
export interface PipelinedTrainer extends Trainer {
  /** Says which partition the next call of `fitPartition` is. */
  expect(atWork: AtWork): void;
  /** Copies the rows before it returns. */
  fitPartition(rows: PartitionRows, keyBytes: Uint8Array | null): Promise<PartitionResult>;
  /** Resolves when it could be given more. */
  untilRoom(): Promise<void>;
}
