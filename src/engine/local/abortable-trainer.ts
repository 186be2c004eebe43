import { types } from "node:util";
import type { PredictingTrainer, Trainer } from "../../trainer/trainer.ts";
import { unlessAborted } from "../../user-module/unless-aborted.ts";

/**
 * A trainer in the caller's thread whose fits and predictions are not waited for any longer when the signal is aborted: they
 * reject with its reason, and nothing else does. Only what waits can be stopped so; what it comes to later is passed over.
 */
export function abortableTrainer<Abortable extends Trainer | PredictingTrainer>(
  trainer: Abortable,
  signal: AbortSignal,
): Abortable {
  const abortable: Abortable = {
    ...trainer,
    fitPartition: (rows, keyBytes) => {
      const result = trainer.fitPartition(rows, keyBytes);
      return types.isPromise(result) ? unlessAborted(result, signal) : result;
    },
  };
  if (!("predictPartition" in trainer)) return abortable;
  const predictPartition: PredictingTrainer["predictPartition"] = (rows, keyBytes, model) =>
    unlessAborted(trainer.predictPartition(rows, keyBytes, model), signal);
  return { ...abortable, predictPartition };
}
