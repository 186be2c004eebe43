import type { Connection } from "../../duckdb/duckdb.ts";
import type { PredictionBatch } from "../../protocol/prediction-batch.ts";
import { countTextBytes } from "../../source/stream-rows.ts";
import type { ScoringSource } from "../engine.ts";
import type { BucketLimits } from "./bucket-plan.ts";
import type { PartitionSizes } from "./exchange.ts";
import { type ExchangePlan, planExchange, sizeOf } from "./exchange-plan.ts";
import type { InventorySize } from "./inventory-bytes.ts";
import type { FitMemory } from "./memory-budget.ts";
import { tooLargeFailure } from "./too-large-batch.ts";

/** How the rows of a scoring are brought together. */
export interface ScoringPlan {
  readonly exchange: ExchangePlan;
  /** Of all partitions of the run. */
  readonly sizes: PartitionSizes;
  /** What the rows of one partition may take in a worker, in bytes. */
  readonly partitionBytes: number;
}

/** What a scoring is planned with. */
export interface ScoringNeed {
  /** Lanes that predict at the same time; 0: the caller's thread. */
  readonly workers: number;
  /** What keys and counts of that size leave for the rows. */
  readonly memoryBeside: (inventory: InventorySize) => FitMemory;
  /** Sizes of buckets that are told; null: by rows, workers and memory. */
  readonly limits: BucketLimits | null;
}

/** Counts the texts of the rows, and plans how they are brought together. @throws as `planFitMemory` and `planBuckets`. */
export async function planScoring(
  { relation, lookup, partitionRows: rows, keys, readColumns: columns, modelBytes }: ScoringSource,
  { workers, memoryBeside, limits }: ScoringNeed,
  connection: Connection,
): Promise<ScoringPlan> {
  const textBytes = await countTextBytes(relation, lookup, rows.length, connection);
  const sizes = { rows, textBytes };
  const textColumns = textBytes.filter((bytes) => bytes !== null).length;
  const memory = memoryBeside({ keyBytes: keys.bytes.length, partitionCount: rows.length, textColumns });
  const exchange = planExchange({ sizes, columns, memory, workers, limits, bytesBeside: modelBytes });
  return { exchange, sizes, partitionBytes: memory.partitionBytes };
}

/** What is said of partitions that are larger than a worker may hold. Nobody reads their rows: no position is told. */
export function tooLargePredictions(
  { exchange, sizes, partitionBytes }: ScoringPlan,
  { readColumns }: ScoringSource,
): PredictionBatch[] {
  return exchange.apart.map((partition) => {
    const { code, message } = tooLargeFailure(
      sizeOf(sizes, readColumns, partition),
      partitionBytes,
      "predicted",
    );
    return {
      type: "prediction.batch",
      task: null,
      partition,
      position: new Float64Array(0),
      result: { failure: { code, message: `${code}: ${message}`, stack: null } },
    };
  });
}
