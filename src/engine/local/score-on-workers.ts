import type { PredictionBatch } from "../../protocol/prediction-batch.ts";
import { DOCUMENT_SCHEMA } from "../../run/result-schema.ts";
import type { RunEvent } from "../../run/run-event.ts";
import type { ScoringSource } from "../engine.ts";
import type { ScoringBucket } from "./score-buckets.ts";
import { scoringInit } from "./score-in-place.ts";
import { workOnPool } from "./work-on-pool.ts";

/** What predictions are made on. */
export interface ScoringOptions {
  /** Processes, at least 1. */
  readonly workers: number;
  readonly threadEntry: string;
  /** Makes reading fail at once, if it still goes on. */
  readonly stopReading: () => void;
  readonly signal: AbortSignal;
}

/** Predicts in worker processes, each bucket as soon as all its rows have come. */
export async function* scoreOnWorkers(
  source: ScoringSource,
  buckets: AsyncIterable<ScoringBucket>,
  { workers, threadEntry, stopReading, signal }: ScoringOptions,
): AsyncGenerator<RunEvent | PredictionBatch, void, undefined> {
  const happening = workOnPool({
    size: workers,
    threadEntry,
    init: scoringInit(source),
    resultSchema: DOCUMENT_SCHEMA,
    limits: { timeoutMs: null, memoryBytes: null },
    signal,
    produce: async (dispatcher) => {
      for await (const bucket of buckets) {
        if (signal.aborted) return;
        dispatcher.add({ kind: "score", ...bucket });
        // A bucket has its models with it: there is no need to have those of all.
        await dispatcher.untilWanted();
      }
      dispatcher.finish();
    },
    stopProducing: stopReading,
  });
  for await (const item of happening) if (item.type !== "result.batch") yield item;
}
