import type { Connection } from "../../duckdb/duckdb.ts";
import { ManyfitError } from "../../errors.ts";
import type { Bucket } from "../../protocol/bucket.ts";
import { type RowBatch, streamRows } from "../../source/stream-rows.ts";
import type { ScoringSource } from "../engine.ts";
import { Exchange } from "./exchange.ts";
import { PagedExchange } from "./paged-exchange.ts";
import type { ScoringPlan } from "./score-plan.ts";
import type { SpillFile } from "./spill-file.ts";

/** Brings the rows of each partition together, in memory or through a file. */
export interface ScoringExchange {
  /** Whether every bucket has all its rows. */
  readonly isComplete: boolean;
  /** Takes some rows in, and gives the numbers of the buckets that are complete with them. */
  scatter(rows: RowBatch): Promise<number[]>;
  /** A complete bucket; gives up what was kept of it. */
  load(index: number): Promise<Bucket>;
}

/** An exchange for the rows of a plan; `file` is where they go that do not fit into memory, null where all do. */
export function createScoringExchange(
  { exchange: { buckets, spill }, sizes }: ScoringPlan,
  { readColumns: columns }: ScoringSource,
  file: SpillFile | null,
): ScoringExchange {
  if (spill !== null && file !== null)
    return new PagedExchange({ plan: buckets, sizes, columns, pages: spill.pages, file });
  return keptInMemory(new Exchange(buckets, sizes, columns), buckets.bucketOf);
}

/** Buckets of an exchange in memory, kept until they are asked for. */
function keptInMemory(exchange: Exchange, bucketOf: Int32Array): ScoringExchange {
  const complete = new Map<number, Bucket>();
  return {
    get isComplete() {
      return exchange.isComplete;
    },
    scatter: async (rows) =>
      exchange.scatter(rows).map((bucket) => {
        const index = bucketOf[bucket.firstPartition]!;
        complete.set(index, bucket);
        return index;
      }),
    load: async (index) => {
      const bucket = complete.get(index)!;
      complete.delete(index);
      return bucket;
    },
  };
}

/** What the rows of a scoring are read with. */
export interface ScoringRead {
  readonly source: ScoringSource;
  readonly plan: ScoringPlan;
  readonly exchange: ScoringExchange;
  readonly connection: Connection;
  readonly signal: AbortSignal;
}

/**
 * Reads all rows but those of partitions that are too large, and gives the numbers of buckets as they become complete.
 * Ends early when the signal is aborted.
 * @throws ManyfitError `source_changed` where there are other rows than were counted.
 */
export async function* completeBuckets({
  source: { relation, lookup },
  plan,
  exchange,
  connection,
  signal,
}: ScoringRead): AsyncGenerator<number[], void, undefined> {
  for await (const rows of streamRows(relation, lookup, connection, plan.exchange.apart)) {
    // DuckDB goes on handing out what it has ready when it is interrupted.
    if (signal.aborted) return;
    yield await exchange.scatter(rows);
  }
  if (exchange.isComplete || signal.aborted) return;
  throw new ManyfitError(
    "source_changed",
    "source has fewer rows of some keys than were counted; run again when nothing writes to it, and with a --where that always says the same",
  );
}
