import type { Fit } from "../estimator/estimator.ts";
import type { SkipReason } from "../run/fit-state.ts";
import type { ResultSchema } from "../run/result-schema.ts";

/**
 * All rows of one partition in canonical order: one array per column that the trainer reads (features, target, then
 * weights where there are any), NULL as NaN. The arrays belong to the worker and are overwritten afterwards.
 */
export interface PartitionRows {
  readonly rowCount: number;
  readonly columns: readonly Float64Array[];
}

/** What became of one partition. `rowsDropped` had NULL, NaN or an infinity in a used column. */
export type PartitionResult = {
  readonly rowsRead: number;
  readonly rowsUsed: number;
  readonly rowsDropped: number;
} & (
  | { readonly state: "fitted"; readonly fit: Fit }
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
  /** Never throws: whatever goes wrong with a partition is its result. */
  fitPartition(rows: PartitionRows): PartitionResult;
}
