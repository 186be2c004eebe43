import type { Inventory } from "../job/inventory.ts";
import type { Job } from "../job/job.ts";
import type { KeyList } from "../key/key-list.ts";
import type { KeyField } from "../key/key-type.ts";
import type { WorkerTrainer } from "../protocol/message.ts";
import type { PredictionBatch } from "../protocol/prediction-batch.ts";
import type { StoredModel } from "../run/predicted.ts";
import type { ResultBatch } from "../run/result-batch.ts";
import type { ResultSchema } from "../run/result-schema.ts";
import type { RunEvent } from "../run/run-event.ts";
import type { Relation } from "../source/relation.ts";
import type { PartitionLookup } from "../source/stream-rows.ts";
import type { ReadColumn } from "../table/read-column.ts";

/** What an engine found out about a job before it runs. */
export interface Inspection {
  readonly inventory: Inventory;
  /** What the job's models will look like. */
  readonly resultSchema: ResultSchema;
  /** Partitions with fewer used rows are skipped. */
  readonly minRows: number;
  /** What the rows will take while they are brought together, in bytes. */
  readonly exchangeBytes: number;
  /** Null where the engine leaves memory to others, as on a cluster. */
  readonly memory: InspectedMemory | null;
  /** Tasks that the partitions are divided into; null where that is found while they are run. */
  readonly tasks: number | null;
  /** The user's trainer with all that it imports, as it will be run and kept; null for estimators. */
  readonly bundle: {
    readonly name: string;
    readonly sha256: string;
    readonly code: string;
    /** What is kept, by names in the run folder. Default: the code alone. */
    readonly files?: readonly { readonly name: string; readonly bytes: Uint8Array }[];
  } | null;
}

/** The cluster that an engine works on. */
export interface ClusterFacts {
  /** Host and port of its server. */
  readonly server: string;
  /** Of Spark, such as `4.3.0`. */
  readonly version: string;
  /** Path of Node on the executors; null: as it is found. */
  readonly node: string | null;
  /** Version of the executors' Python, such as `3.11`; null while it is not known. */
  readonly python: string | null;
}

/** What a run may take of memory, and what does not fit into it: bytes, and partitions by number. */
export interface InspectedMemory {
  /** The process and its workers together. */
  readonly totalBytes: number;
  /** Rows that are brought together: what is beyond this goes to disk. */
  readonly exchangeBytes: number;
  /** The rows of one partition in a worker. */
  readonly partitionBytes: number;
  /** What a row takes there, without its texts. */
  readonly rowBytes: number;
  /**
   * Partitions that are larger than that, in key order: estimators are given them block by block from disk, for trainers
   * of the user's they fail with `partition_too_large`. Empty for files, of which nothing is known before.
   */
  readonly tooLarge: readonly number[];
}

/** Rows to predict for, and the models of a run that were fitted by a trainer of the user's. */
export interface ScoringSource {
  /** The rows: keys, what the trainer reads, position. Some have a key that the lookup does not have. */
  readonly relation: Relation;
  /** The partitions that have a model. Rows of all others need no prediction. */
  readonly lookup: PartitionLookup;
  /** How many of the rows belong to each partition of the run; 0 for those without a model. */
  readonly partitionRows: Float64Array;
  /** Keys of all partitions of the run. */
  readonly keys: KeyList;
  readonly keyFields: readonly KeyField[];
  readonly readColumns: readonly ReadColumn[];
  readonly trainer: PredictingModule;
  /** Seed of the run. */
  readonly seed: number;
  /** Milliseconds that predicting one partition may take; null: any time. */
  readonly timeoutMs: number | null;
  /** Bytes of the model of each partition of the run, about; 0 where it has none, or no rows. */
  readonly modelBytes: Float64Array;
  /** Models of the partitions `from .. to` (exclusive); null where there is none. */
  models(from: number, to: number): Promise<(StoredModel | null)[]>;
}

/** A trainer of the user's as workers run it to predict: a bundle, or Python. */
export type PredictingModule = Exclude<WorkerTrainer, { readonly kind: "estimator" }>;

/**
 * Where tasks run. An engine is made for one job: `inspect` once, then `run` once, then `close`. How it packs
 * partitions into tasks is its own matter and never shows in a model.
 */
export interface Engine {
  readonly name: string;
  /** Lanes that fit at the same time; 0 when the caller's own thread fits. */
  readonly workers: number;
  /** Null for the engine of this machine, which reads the files of its source itself. */
  readonly cluster: ClusterFacts | null;
  /**
   * Settles the job against its source and counts every partition. `report` is told of phases. Stops with
   * `interrupted` when the signal is aborted.
   */
  inspect(job: Job, report: (event: RunEvent) => void, signal: AbortSignal): Promise<Inspection>;
  /**
   * Fits every partition of what was inspected: each is in exactly one of the batches, in any order. Stops with
   * `interrupted` when the signal is aborted. What is not yet asked for is not computed far ahead.
   */
  run(signal: AbortSignal): AsyncIterable<RunEvent | ResultBatch>;
  /**
   * {@link Engine.run} for some partitions alone, given ascending by their numbers: the same results, bit by bit, and all
   * rows of the source are read as a run reads them. May be done more than once, one after the other; instead of `run`.
   */
  sample(only: Int32Array, signal: AbortSignal): AsyncIterable<RunEvent | ResultBatch>;
  /**
   * Predicts every row of a partition that has a model, in batches of one partition each, in any order; instead of
   * `inspect` and `run`. What takes too long, too much memory, or is larger than a worker may hold is a failure of its
   * partition. Stops with `interrupted` when the signal is aborted.
   */
  score(source: ScoringSource, signal: AbortSignal): AsyncIterable<RunEvent | PredictionBatch>;
  /** Stops what still runs and frees everything; may be called at any time. */
  close(): Promise<void>;
}
