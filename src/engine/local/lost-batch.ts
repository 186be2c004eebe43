import { type Bucket, bucketArrays } from "../../protocol/bucket.ts";
import type { PredictionBatch } from "../../protocol/prediction-batch.ts";
import { FIT_STATES } from "../../run/fit-state.ts";
import type { ResultBatch } from "../../run/result-batch.ts";
import type { ResultSchema } from "../../run/result-schema.ts";
import { unreadPartition } from "../../trainer/unread-partition.ts";
import { BatchBuilder } from "../../worker/batch-builder.ts";
import type { TaskAtWork } from "./task-at-work.ts";
import { partitionAt, type TaskRange } from "./task-range.ts";
import type { WorkerDeath } from "./worker-pool.ts";

/**
 * The result of a partition at which two workers died: `lost`, with the error code `worker_died`, the second cause and
 * what the worker wrote last as its stack. How many rows it has is not known to have been read by anyone: NaN.
 */
export function lostBatch(
  schema: ResultSchema,
  { range, startedAtMs }: TaskAtWork,
  worker: number,
  { cause, lastWords }: WorkerDeath,
): ResultBatch {
  const { task, attempt, work, from } = range;
  const identity = { task, worker, attempt };
  const builder = new BatchBuilder(schema, identity, Int32Array.of(partitionAt(work, from)));
  const message = `${cause} while it was fitted, twice`;
  builder.add(
    unreadPartition("worker_died", message, lastWords === "" ? null : lastWords),
    { startedAtMs, durationMs: Date.now() - startedAtMs },
    work.kind === "files" ? null : undefined,
  );
  return { ...builder.finish(), state: Uint8Array.of(FIT_STATES.indexOf("lost")) };
}

/** What is said of the rows of a partition at which two workers died while they predicted them. */
export function lostPrediction(
  { task, from }: TaskRange,
  bucket: Bucket,
  { cause, lastWords }: WorkerDeath,
): PredictionBatch {
  const lost = bucket.firstPartition + from;
  const { partition, position } = bucketArrays(bucket);
  const failure = {
    code: "worker_died",
    message: `${cause} while it predicted, twice`,
    stack: lastWords === "" ? null : lastWords,
  };
  const rows = position.filter((_, row) => partition[row] === lost);
  return { type: "prediction.batch", task, partition: lost, position: rows, result: { failure } };
}
