import { type Bucket, bucketArrays } from "../protocol/bucket.ts";
import type { PredictionBatch } from "../protocol/prediction-batch.ts";
import type { GivenUp } from "./given-up-batch.ts";

/** What is said of the rows of a partition that is given up while it is predicted. */
export function givenUpPrediction(
  task: number,
  bucket: Bucket,
  { index, verdict }: Pick<GivenUp, "index" | "verdict">,
): PredictionBatch {
  const givenUp = bucket.firstPartition + index;
  const { partition, position } = bucketArrays(bucket);
  const { code, message, stack } = verdict;
  const rows = position.filter((_, row) => partition[row] === givenUp);
  return {
    type: "prediction.batch",
    task,
    partition: givenUp,
    position: rows,
    result: { failure: { code, message, stack } },
  };
}
