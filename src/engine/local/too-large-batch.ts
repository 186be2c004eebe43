import type { ResultBatch } from "../../run/result-batch.ts";
import type { ResultSchema } from "../../run/result-schema.ts";
import { BatchBuilder } from "../../worker/batch-builder.ts";
import type { PartitionSize } from "./exchange-plan.ts";
import { megabytes } from "./memory-budget.ts";

/** What is known of a partition that is larger than its trainer may hold. */
export interface TooLarge {
  readonly size: PartitionSize;
  /** What the rows of one partition may take. */
  readonly partitionBytes: number;
  readonly resultSchema: ResultSchema;
}

/** The result of a partition that is larger than its trainer may hold. Nobody reads its rows: their counts are NaN. */
export function tooLargeBatch(
  partition: number,
  task: number,
  { size, partitionBytes, resultSchema }: TooLarge,
): ResultBatch {
  const builder = new BatchBuilder(resultSchema, { task, worker: 0, attempt: 0 }, Int32Array.of(partition));
  builder.addUnread(tooLargeFailure(size, partitionBytes));
  return builder.finish();
}

/** Why a partition cannot be fitted, or predicted, at once. */
export function tooLargeFailure(
  { rows, bytes }: PartitionSize,
  partitionBytes: number,
  doing: "fitted" | "predicted" = "fitted",
): { readonly code: "partition_too_large"; readonly message: string } {
  return {
    code: "partition_too_large",
    message: `${rows.toLocaleString("en-US")} rows need ${megabytes(bytes)} to be ${doing} at once, and ${megabytes(partitionBytes)} are there for one partition; give more with --memory or --memory-per-worker, name fewer columns, or leave rows out with --where`,
  };
}
