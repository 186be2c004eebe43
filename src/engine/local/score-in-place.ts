import { ALL_ROWS } from "../../job/policy.ts";
import { PROTOCOL_VERSION, type WorkerInit } from "../../protocol/message.ts";
import type { PredictionBatch } from "../../protocol/prediction-batch.ts";
import { loadTrainer } from "../../trainer/load-trainer.ts";
import { createModuleTrainer } from "../../trainer/module-trainer.ts";
import { createWorkerLoop } from "../../worker/worker-loop.ts";
import type { ScoringSource } from "../engine.ts";
import type { ScoringBucket } from "./score-buckets.ts";

/** What workers are told of a scoring, but for their number. */
export function scoringInit(source: ScoringSource): Omit<WorkerInit, "version" | "worker"> {
  const { trainer, readColumns, keyFields, seed } = source;
  const rowPolicy = ALL_ROWS;
  return { trainer: { kind: "module", ...trainer }, readColumns, keyFields, seed, rowPolicy, filePlan: null };
}

/** Predicts bucket after bucket in the caller's thread, so that a debugger works. */
export async function* scoreInPlace(
  source: ScoringSource,
  buckets: AsyncIterable<ScoringBucket>,
  signal: AbortSignal,
): AsyncGenerator<PredictionBatch, void, undefined> {
  const { readColumns, keyFields, seed, trainer } = source;
  const loaded = await loadTrainer(trainer.path, trainer.params);
  const module = createModuleTrainer(loaded, {
    ...{ readColumns, keyFields, seed, signal },
    rowPolicy: ALL_ROWS,
  });
  const init = { version: PROTOCOL_VERSION, worker: 0, ...scoringInit(source) };
  const predicted: PredictionBatch[] = [];
  const loop = createWorkerLoop(init, module, (message) => {
    if (message.type === "predicted") predicted.push(message.batch);
  });
  let task = 0;
  for await (const { bucket, keys, models } of buckets) {
    signal.throwIfAborted();
    const to = bucket.partitionRows.length;
    await loop.score({ task: task++, attempt: 0, bucket, from: 0, to, keys, models });
    yield* predicted.splice(0);
  }
}
