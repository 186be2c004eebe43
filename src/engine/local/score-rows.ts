import type { Connection } from "../../duckdb/duckdb.ts";
import type { PredictionBatch } from "../../protocol/prediction-batch.ts";
import type { RunEvent } from "../../run/run-event.ts";
import type { ScoringSource } from "../engine.ts";
import { createScoringExchange } from "./score-exchange.ts";
import { scoreInPlace } from "./score-in-place.ts";
import { type ScoringPool, scoreOnWorkers } from "./score-on-workers.ts";
import { planScoring, type ScoringNeed, tooLargePredictions } from "./score-plan.ts";
import { SpillFile } from "./spill-file.ts";

/** What rows are predicted with. */
export interface ScoringOptions extends ScoringNeed, ScoringPool {
  readonly connection: Connection;
  /** Where rows go that do not fit into memory. */
  readonly tempFolder: string;
  readonly signal: AbortSignal;
}

/**
 * Brings the rows of each partition that has a model together with it, and predicts them: in the caller's thread, or in
 * worker processes. Partitions that are larger than a worker may hold are said to be so, and not read.
 */
export async function* scoreRows(
  source: ScoringSource,
  options: ScoringOptions,
): AsyncGenerator<RunEvent | PredictionBatch, void, undefined> {
  const { connection, signal, tempFolder, workers } = options;
  const isInPlace = workers === 0 && source.trainer.kind === "module";
  const lanes = isInPlace ? 0 : Math.max(1, workers);
  const plan = await planScoring(source, { ...options, workers: lanes }, connection);
  yield* tooLargePredictions(plan, source);
  if (!plan.exchange.buckets.rowCounts.some((rows) => rows > 0)) return;
  const file = plan.exchange.spill === null ? null : new SpillFile(tempFolder);
  const exchange = createScoringExchange(plan, source, file);
  const read = { source, plan, exchange, connection, signal };
  try {
    yield* isInPlace ? scoreInPlace(read) : scoreOnWorkers(read, { ...options, workers: lanes });
  } finally {
    await file?.close();
  }
}
