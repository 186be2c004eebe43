import type { PredictionResult } from "../run/predicted.ts";

/** What came of predicting the rows of one partition. */
export interface PredictionBatch {
  readonly type: "prediction.batch";
  readonly task: number;
  readonly partition: number;
  /** Where each row stands in the source: what joins predictions to their rows. */
  readonly position: Float64Array;
  readonly result: PredictionResult;
}
