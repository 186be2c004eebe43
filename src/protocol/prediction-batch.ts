import type { PredictionResult } from "../run/predicted.ts";

/** What came of predicting the rows of one partition. */
export interface PredictionBatch {
  readonly type: "prediction.batch";
  /** Null where the engine answers without giving the partition to a worker. */
  readonly task: number | null;
  readonly partition: number;
  /** Where each row stands in the source: what joins predictions to their rows. Empty for rows that nobody read. */
  readonly position: Float64Array;
  readonly result: PredictionResult;
}
