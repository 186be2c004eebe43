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
  /** Finite or null. */
  readonly metrics: Readonly<Record<string, number | null>>;
  readonly warnings: readonly { readonly code: string; readonly message: string }[];
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
} & (
  | { readonly state: "fitted"; readonly fit: Fit }
  | { readonly state: "fitted"; readonly document: DocumentFit }
  | { readonly state: "skipped"; readonly reason: SkipReason }
  | {
      readonly state: "failed";
      readonly code: string;
      readonly message: string;
      readonly stack: string | null;
    }
);

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
