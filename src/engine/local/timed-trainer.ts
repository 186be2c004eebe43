import { types } from "node:util";
import { overdueText } from "../../pool/worker-end.ts";
import type { PredictionResult } from "../../run/predicted.ts";
import type { PartitionResult, PredictingTrainer, Trainer } from "../../trainer/trainer.ts";
import { unreadPartition } from "../../trainer/unread-partition.ts";

/**
 * A trainer in the caller's thread whose fits and predictions are given up when they take too long, with the same result
 * as in a worker. Only what waits can be: as long as one computes, no clock is looked at. What it comes to later is passed
 * over, and it may go on beside the next ones. `timeoutMs` null: no limit.
 */
export function timedTrainer<Timed extends Trainer | PredictingTrainer>(
  trainer: Timed,
  timeoutMs: number | null,
): Timed {
  if (timeoutMs === null) return trainer;
  const timed: Timed = {
    ...trainer,
    fitPartition: (rows, keyBytes) => {
      const result = trainer.fitPartition(rows, keyBytes);
      return types.isPromise(result) ? withinTime(result, timeoutMs, () => overdueFit(timeoutMs)) : result;
    },
  };
  if (!("predictPartition" in trainer)) return timed;
  const predictPartition: PredictingTrainer["predictPartition"] = (rows, keyBytes, model) =>
    withinTime(trainer.predictPartition(rows, keyBytes, model), timeoutMs, () =>
      overduePrediction(timeoutMs),
    );
  return { ...timed, predictPartition };
}

function overdueFit(timeoutMs: number): PartitionResult {
  return { ...unreadPartition("timed_out", overdueText(timeoutMs)), state: "timed_out" };
}

function overduePrediction(timeoutMs: number): PredictionResult {
  return { failure: { code: "timed_out", message: overdueText(timeoutMs, "predict"), stack: null } };
}

async function withinTime<Result>(
  result: Promise<Result>,
  timeoutMs: number,
  overdueResult: () => Result,
): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const overdue = new Promise<Result>((tell) => {
    // What has ended while the thread was busy is heard first.
    timer = setTimeout(() => setImmediate(() => tell(overdueResult())), timeoutMs);
  });
  try {
    return await Promise.race([result, overdue]);
  } finally {
    clearTimeout(timer);
  }
}
