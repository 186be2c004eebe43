import type { Dispatcher } from "../../pool/dispatcher.ts";
import { workOnPool } from "../../pool/work-on-pool.ts";
import type { PredictionBatch } from "../../protocol/prediction-batch.ts";
import { DOCUMENT_SCHEMA } from "../../run/result-schema.ts";
import type { RunEvent } from "../../run/run-event.ts";
import { LOAD_WITHIN_MS } from "../../user-module/python-module.ts";
import { BucketFeed } from "./bucket-feed.ts";
import { scoringBucket } from "./score-buckets.ts";
import { completeBuckets, type ScoringRead } from "./score-exchange.ts";
import { scoringInit } from "./score-in-place.ts";

/** What predictions are made on. */
export interface ScoringPool {
  /** Processes, at least 1; never more are started than there are buckets. */
  readonly workers: number;
  readonly threadEntry: string;
  /** Resident bytes of each process; null: no limit. */
  readonly memoryBytes: number | null;
  /** Makes reading fail at once, if it still goes on. */
  readonly stopReading: () => void;
}

/**
 * Predicts in worker processes, each bucket as soon as all its rows have come and a worker wants it. A partition whose
 * prediction takes longer or more memory than it may has that for its result; all others are predicted.
 */
export async function* scoreOnWorkers(
  read: ScoringRead,
  { workers, threadEntry, memoryBytes, stopReading }: ScoringPool,
): AsyncGenerator<RunEvent | PredictionBatch, void, undefined> {
  const { source, plan, signal } = read;
  const bucketCount = plan.exchange.buckets.rowCounts.filter((rows) => rows > 0).length;
  const production = new ScoringProduction(read);
  const happening = workOnPool({
    size: Math.min(workers, bucketCount),
    threadEntry,
    init: scoringInit(source),
    resultSchema: DOCUMENT_SCHEMA,
    limits: {
      ...{ timeoutMs: source.timeoutMs, memoryBytes },
      loading: { name: "the run's trainer", withinMs: LOAD_WITHIN_MS },
    },
    signal,
    produce: (dispatcher) => production.run(dispatcher),
    stopProducing: () => {
      stopReading();
      production.stop();
    },
  });
  try {
    for await (const item of happening) {
      if (item.type === "prediction.batch") production.answered(item.partition);
      if (item.type !== "result.batch") yield item;
    }
  } finally {
    await production.ended();
  }
}

/** Makes work of rows, until all is given out. */
class ScoringProduction {
  readonly #read: ScoringRead;
  #feed: BucketFeed | null = null;

  constructor(read: ScoringRead) {
    this.#read = read;
  }

  async run(dispatcher: Dispatcher): Promise<void> {
    const { source, plan, exchange, signal } = this.#read;
    const feed = new BucketFeed({
      bucketOf: plan.exchange.buckets.bucketOf,
      load: (index) => exchange.load(index),
      untilWanted: () => dispatcher.untilWanted(),
      // A bucket has its models with it: there is no need to have those of all.
      give: async (bucket) => dispatcher.add({ kind: "score", ...(await scoringBucket(source, bucket)) }),
      // Those of an exchange in memory have their place there.
      loadedBytes: plan.exchange.spill?.loadedBytes ?? Number.POSITIVE_INFINITY,
    });
    this.#feed = feed;
    for await (const indices of completeBuckets(this.#read)) feed.add(indices);
    if (signal.aborted) return;
    await feed.finish();
    dispatcher.finish();
  }

  /** This partition is answered. */
  answered(partition: number): void {
    this.#feed?.answered(Int32Array.of(partition));
  }

  stop(): void {
    this.#feed?.stop();
  }

  /** Comes when nothing is loaded any more: what it is loaded from can be closed then. */
  async ended(): Promise<void> {
    this.stop();
    await this.#feed?.finish().catch(() => undefined);
  }
}
