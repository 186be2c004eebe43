import type { ModelCap } from "../protocol/message.ts";
import type { PartitionResult } from "../trainer/trainer.ts";

/** A result as it is, or the failure of one whose model is larger than may leave the worker. */
export function cappedModel(result: PartitionResult, cap: ModelCap | null): PartitionResult {
  if (cap === null || result.state !== "fitted" || !("document" in result)) return result;
  const { model } = result.document;
  const bytes = typeof model === "string" ? Buffer.byteLength(model) : model.length;
  if (bytes <= cap.mostBytes) return result;
  const { rowsRead, rowsUsed, rowsDropped, rowsHeldOut, time } = result;
  const message = `model has ${bytes} bytes, at most ${cap.mostBytes} are allowed here; ${cap.advice}`;
  return {
    ...{ state: "failed", code: "model_too_large", message, stack: null },
    ...{ rowsRead, rowsUsed, rowsDropped, rowsHeldOut },
    ...(time === undefined ? {} : { time }),
  };
}
