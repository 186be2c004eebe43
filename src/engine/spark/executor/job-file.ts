import type { ManyfitError } from "../../../errors.ts";
import type { KeyList } from "../../../key/key-list.ts";
import type { WorkerLimits } from "../../../pool/worker-options.ts";
import type { PoolInit } from "../../../pool/worker-pool.ts";
import type { ResultBatch } from "../../../run/result-batch.ts";
import type { ResultSchema } from "../../../run/result-schema.ts";
import type { RunEvent } from "../../../run/run-event.ts";

/** Version of the job file and of the messages of executors: driver and host are of one release, and say so. */
export const EXECUTOR_VERSION = 1;

/**
 * What is the same for all tasks of a run: one frame in a file that every executor is given. It holds no `undefined` and
 * no number that is not finite, as no frame does.
 */
export interface ExecutorJob {
  readonly version: number;
  /**
   * What the worker is told. Of a module `path`, and of a Python file `trainer.path`, is the name of one of `files`; of
   * Python trainers `python`, `host` and `folder` are set by the executor.
   */
  readonly init: PoolInit;
  readonly limits: WorkerLimits;
  readonly resultSchema: ResultSchema;
  /** By the number of the task; empty where files are partitions. */
  readonly buckets: readonly JobBucket[];
  /** Files that are partitions; null where rows are brought together. */
  readonly source: JobSource | null;
  /** The user's trainer, and what it needs beside it; empty for estimators. */
  readonly files: readonly JobFile[];
  /** The sources of `python/manyfit_host`; empty where no Python is needed. */
  readonly pythonHost: readonly JobFile[];
}

/** What one task is to bring together: neighbouring partitions, as they were counted. */
export interface JobBucket {
  readonly firstPartition: number;
  /** Rows of each partition, each at least 1. */
  readonly partitionRows: Float64Array;
  /** Bytes of all texts of each column that the trainer reads, 0 for columns of numbers. */
  readonly textBytes: readonly number[];
  /** Keys of the partitions; null where the trainer does not see them. */
  readonly keys: KeyList | null;
  /** Whether no row of it comes, as its one partition is larger than may be: the driver answers for it. */
  readonly isRefused: boolean;
}

/** Files of the cluster of which each is a partition. */
export interface JobSource {
  /** As Spark names them, by the number of the partition. */
  readonly paths: readonly string[];
  /** Keys of all partitions; null where the trainer does not see them. */
  readonly keys: KeyList | null;
}

/** A file of the job. */
export interface JobFile {
  /** A relative path; `/` parts folders. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Some rows of a task, in any order. */
export interface RowsMessage {
  readonly type: "rows";
  readonly task: number;
  readonly rowCount: number;
  /** Place of each row in the source, or in its order where the job orders rows. */
  readonly position: Float64Array;
  /** Number of each row's partition; -1 where its key was not there when keys were counted. */
  readonly partition: Int32Array;
  /** One for each column that the trainer reads. */
  readonly columns: readonly ArrivingColumn[];
}

/** A file of a task, whole. */
export interface FileMessage {
  readonly type: "file";
  readonly task: number;
  /** As Spark names it. */
  readonly path: string;
  readonly content: Uint8Array;
}

/** A column as Arrow holds it. `isValid`: a byte per row, 1 is a value; null where NULLs are not told apart. */
export type ArrivingColumn =
  | { readonly values: Float64Array; readonly isValid: Uint8Array | null }
  /** Text `i` is `bytes[offsets[i] .. offsets[i + 1])`; `offsets` has an entry more than there are rows, the first is 0. */
  | { readonly offsets: Int32Array; readonly bytes: Uint8Array; readonly isValid: Uint8Array | null };

/** What a host is told. Tasks come one after the other: the rows of the next when the one before is done. */
export type ToHost =
  /** The first message, once: where the job file lies, and the Python that Spark's worker runs. */
  | { readonly type: "job"; readonly path: string; readonly python: string }
  | RowsMessage
  | FileMessage
  /** A task has all its rows, or files. */
  | { readonly type: "end"; readonly task: number };

/** What a host tells. Numbers of tasks and workers within results and events are the host's own. */
export type FromHost =
  | { readonly type: "result"; readonly batch: ResultBatch }
  | { readonly type: "event"; readonly event: RunEvent }
  /** All partitions of the task are answered, and everything of them was told. */
  | { readonly type: "done"; readonly task: number }
  /** The host cannot go on, and ends. `task` is the one at work; null where none was. */
  | {
      readonly type: "failed";
      readonly task: number | null;
      readonly code: ManyfitError["code"];
      readonly message: string;
    };
