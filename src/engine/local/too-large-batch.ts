import type { ResultBatch } from "../../run/result-batch.ts";
import type { ResultSchema } from "../../run/result-schema.ts";
import type { ReadColumn } from "../../table/read-column.ts";
import { BatchBuilder } from "../../worker/batch-builder.ts";
import type { PartitionSizes } from "./exchange.ts";
import { partitionBytes } from "./exchange-plan.ts";
import { megabytes } from "./memory-budget.ts";

/** What is known of a partition that nobody may hold. */
export interface TooLargeContext {
  readonly sizes: PartitionSizes;
  readonly columns: readonly ReadColumn[];
  /** What the rows of one partition may take. */
  readonly partitionBytes: number;
}

/** The result of a partition that is larger than its trainer may hold. Nobody reads its rows: their counts are NaN. */
export function tooLargeBatch(
  partition: number,
  task: number,
  context: TooLargeContext & { readonly resultSchema: ResultSchema },
): ResultBatch {
  const { resultSchema } = context;
  const builder = new BatchBuilder(resultSchema, { task, worker: 0, attempt: 0 }, Int32Array.of(partition));
  builder.addUnread(tooLargeFailure(partition, context));
  return builder.finish();
}

/** Why a partition cannot be fitted at once. */
export function tooLargeFailure(
  partition: number,
  { sizes, columns, partitionBytes: allowed }: TooLargeContext,
): { readonly code: "partition_too_large"; readonly message: string } {
  const rows = sizes.rows[partition]!.toLocaleString("en-US");
  const needed = megabytes(partitionBytes(sizes, columns, partition));
  return {
    code: "partition_too_large",
    message: `${rows} rows need ${needed} to be fitted at once, and ${megabytes(allowed)} are there for one partition; give more with --memory or --memory-per-worker, name fewer columns, or leave rows out with --where`,
  };
}
