import { ManyfitError } from "../../errors.ts";
import { ALL_ROWS } from "../../job/policy.ts";
import { PROTOCOL_VERSION, type WorkerInit } from "../../protocol/message.ts";
import type { PredictionBatch } from "../../protocol/prediction-batch.ts";
import { loadTrainer } from "../../trainer/load-trainer.ts";
import { createModuleTrainer } from "../../trainer/module-trainer.ts";
import { unlessAborted } from "../../user-module/unless-aborted.ts";
import { createWorkerLoop } from "../../worker/worker-loop.ts";
import type { ScoringSource } from "../engine.ts";
import { abortableTrainer } from "./abortable-trainer.ts";
import { scoringBucket } from "./score-buckets.ts";
import { completeBuckets, type ScoringRead } from "./score-exchange.ts";
import { timedTrainer } from "./timed-trainer.ts";

/** What workers are told of a scoring, but for their number. */
export function scoringInit(source: ScoringSource): Omit<WorkerInit, "version" | "worker"> {
  const { trainer, readColumns, keyFields, seed } = source;
  const rowPolicy = ALL_ROWS;
  return { trainer, readColumns, keyFields, seed, rowPolicy, filePlan: null };
}

/**
 * Predicts bucket after bucket in the caller's thread, so that a debugger works. Rows are read on when the buckets that
 * are complete are predicted. A prediction is given up after `source.timeoutMs` only where it waits.
 */
export async function* scoreInPlace(read: ScoringRead): AsyncGenerator<PredictionBatch, void, undefined> {
  const { source, exchange, signal } = read;
  const { readColumns, keyFields, seed, trainer, timeoutMs } = source;
  if (trainer.kind !== "module")
    throw new ManyfitError("internal", "Python was to predict in the caller's thread, which has no child");
  const loaded = await unlessAborted(loadTrainer(trainer.path, trainer.params), signal);
  const context = { readColumns, keyFields, seed, signal, rowPolicy: ALL_ROWS };
  const module = abortableTrainer(timedTrainer(createModuleTrainer(loaded, context), timeoutMs), signal);
  const init = { version: PROTOCOL_VERSION, worker: 0, ...scoringInit(source) };
  const predicted: PredictionBatch[] = [];
  const loop = createWorkerLoop(init, module, (message) => {
    if (message.type === "predicted") predicted.push(message.batch);
  });
  let task = 0;
  for await (const indices of completeBuckets(read)) {
    for (const index of indices) {
      const { bucket, keys, models } = await scoringBucket(source, await exchange.load(index));
      signal.throwIfAborted();
      const to = bucket.partitionRows.length;
      await loop.score({ task: task++, attempt: 0, bucket, from: 0, to, keys, models });
      yield* predicted.splice(0);
    }
  }
}
