import { countStates, type ResultBatch } from "../../run/result-batch.ts";
import type { ResultSchema } from "../../run/result-schema.ts";
import type { RunEvent } from "../../run/run-event.ts";
import { BatchBuilder } from "../../worker/batch-builder.ts";
import type { SparkBuckets } from "./spark-buckets.ts";

/** What becomes of the partitions that are too large: each has failed, and nobody reads its rows. */
export function* refusedPartitions(
  { tooLarge, taskOf }: Pick<SparkBuckets, "tooLarge" | "taskOf">,
  schema: ResultSchema,
): Generator<RunEvent | ResultBatch, void, undefined> {
  for (const [partition, message] of tooLarge) {
    const place = { task: taskOf[partition]!, worker: 0, attempt: 0 };
    const builder = new BatchBuilder(schema, place, Int32Array.of(partition));
    builder.addUnread({ code: "partition_too_large", message });
    const batch = builder.finish();
    const atMs = Date.now();
    yield { type: "task.started", atMs, ...place, partitions: 1, rows: null };
    yield batch;
    yield { type: "task.finished", atMs, ...place, durationMs: 0, counts: countStates(batch) };
  }
}
