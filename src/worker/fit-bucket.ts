import type { Bucket } from "../protocol/bucket.ts";
import type { ResultBatch } from "../run/result-batch.ts";
import type { PartitionRows, Trainer } from "../trainer/trainer.ts";
import { BatchBuilder, type TaskIdentity } from "./batch-builder.ts";
import { cutBucket } from "./cut-bucket.ts";

/** One task: cuts a bucket, fits every partition of it, and says what became of each. */
export function fitBucket(bucket: Bucket, trainer: Trainer, task: TaskIdentity): ResultBatch {
  const builder = new BatchBuilder(
    trainer.resultSchema,
    task,
    bucket.firstPartition,
    bucket.partitionRows.length,
  );
  cutBucket(bucket, (rows) => fitInto(builder, trainer, rows));
  return builder.finish();
}

/** One fit, timed, as the next row of a batch. */
export function fitInto(builder: BatchBuilder, trainer: Trainer, rows: PartitionRows): void {
  const startedAt = performance.now();
  const result = trainer.fitPartition(rows);
  builder.add(result, {
    startedAtMs: performance.timeOrigin + startedAt,
    durationMs: performance.now() - startedAt,
  });
}
