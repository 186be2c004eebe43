import { ManyfitError } from "../errors.ts";
import { keyAt } from "../key/key-list.ts";
import { bucketArrays } from "../protocol/bucket.ts";
import type { ScoreTask, TaskIdentity, WorkerMessage } from "../protocol/message.ts";
import type { PredictionResult } from "../run/predicted.ts";
import type { PipelinedTrainer, PredictingTrainer, Trainer } from "../trainer/trainer.ts";
import { cutBucket } from "./cut-bucket.ts";
import { trustedModel } from "./trusted-model.ts";

/** Where what comes of a task goes. */
export interface ScoreListener {
  /** A partition's turn has come. */
  readonly announce: (task: TaskIdentity, partition: number) => void;
  readonly send: (message: WorkerMessage) => void;
}

/**
 * Predicts the rows of a task's partitions that have a model, in order. A trainer that goes on elsewhere is given others
 * before the first is answered.
 * @throws ManyfitError `internal` for a trainer that cannot predict.
 */
export async function scoreTask(
  task: ScoreTask,
  trainer: Trainer | PredictingTrainer | PipelinedTrainer,
  { announce, send }: ScoreListener,
): Promise<void> {
  const pipelined = "untilRoom" in trainer ? trainer : null;
  if (!("predictPartition" in trainer))
    throw new ManyfitError("internal", "worker was asked to predict with a trainer that cannot");
  const { bucket, from, to, keys, models } = task;
  const { position } = bucketArrays(bucket);
  const waiting: Promise<void>[] = [];
  for (const { index, rows, order } of cutBucket(bucket)) {
    const model = models[index];
    if (index < from || index >= to || rows.rowCount === 0 || model === null || model === undefined) continue;
    const partition = bucket.firstPartition + index;
    const positions = Float64Array.from(order, (row) => position[row]!);
    const tell = (result: PredictionResult): void => {
      const identity = { type: "prediction.batch" as const, task: task.task, partition };
      send({ type: "predicted", batch: { ...identity, position: positions, result } });
    };
    const trusted = trustedModel(model);
    if ("failure" in trusted) {
      tell(trusted);
      continue;
    }
    announce(task, partition);
    const key = keys === null ? null : keyAt(keys, index);
    const predicted = trainer.predictPartition(rows, key, trusted.model).then(tell);
    waiting.push(predicted);
    await (pipelined === null ? predicted : pipelined.untilRoom());
  }
  await Promise.all(waiting);
  send({ type: "scored", task: task.task });
}
