import type { Connection } from "../../duckdb/duckdb.ts";
import { ManyfitError } from "../../errors.ts";
import { type KeyList, sliceKeys } from "../../key/key-list.ts";
import type { Bucket } from "../../protocol/bucket.ts";
import { countTextBytes, streamRows } from "../../source/stream-rows.ts";
import type { ScoringSource } from "../engine.ts";
import { type BucketLimits, planBuckets } from "./bucket-plan.ts";
import { Exchange } from "./exchange.ts";

/** Rows to predict for, brought together by partition, with the models of these. */
export interface ScoringBucket {
  readonly bucket: Bucket;
  readonly keys: KeyList;
  /** Model of each partition of the bucket; null where there is none. */
  readonly models: readonly (string | Uint8Array | null)[];
}

/** Brings the rows of each partition that has a model together, and its model to them. */
export async function* scoreBuckets(
  source: ScoringSource,
  limits: BucketLimits,
  connection: Connection,
): AsyncGenerator<ScoringBucket, void, undefined> {
  const { relation, lookup, partitionRows: rows, keys } = source;
  const textBytes = await countTextBytes(relation, lookup, rows.length, connection);
  const exchange = new Exchange(
    planBuckets(rows, limits, textBytes),
    { rows, textBytes },
    source.readColumns,
  );
  for await (const batch of streamRows(relation, lookup, connection)) {
    for (const bucket of exchange.scatter(batch)) {
      const { firstPartition: from, partitionRows } = bucket;
      const to = from + partitionRows.length;
      yield { bucket, keys: sliceKeys(keys, from, to), models: await source.models(from, to) };
    }
  }
  if (exchange.isComplete) return;
  throw new ManyfitError(
    "source_changed",
    "source has fewer rows of some keys than were counted; run again when nothing writes to it, and with a --where that always says the same",
  );
}
