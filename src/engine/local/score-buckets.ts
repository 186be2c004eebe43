import { ManyfitError } from "../../errors.ts";
import { type KeyList, sliceKeys } from "../../key/key-list.ts";
import type { Bucket } from "../../protocol/bucket.ts";
import type { StoredModel } from "../../run/predicted.ts";
import type { ScoringSource } from "../engine.ts";

/** Rows to predict for, brought together by partition, with the models of these. */
export interface ScoringBucket {
  readonly bucket: Bucket;
  readonly keys: KeyList;
  /** Model of each partition of the bucket; null where there is none. */
  readonly models: readonly (StoredModel | null)[];
}

/**
 * A bucket with the keys and models of its partitions.
 * @throws ManyfitError `run_damaged` where rows have a partition that should have a model, and has none.
 */
export async function scoringBucket(source: ScoringSource, bucket: Bucket): Promise<ScoringBucket> {
  const { firstPartition: from, partitionRows } = bucket;
  const to = from + partitionRows.length;
  const models = await source.models(from, to);
  const missing = models.findIndex((model, i) => model === null && partitionRows[i]! > 0);
  if (missing >= 0) {
    const text = `run has no model of partition ${from + missing}, which its ledger calls fitted; train it again`;
    throw new ManyfitError("run_damaged", text);
  }
  return { bucket, keys: sliceKeys(source.keys, from, to), models };
}
