import type { ErrorCode } from "../errors.ts";
import type { TrainerSpec } from "../job/job.ts";
import type { TrainerColumns } from "../job/resolved-job.ts";
import type { ResultBatch } from "../run/result-batch.ts";
import type { Bucket } from "./bucket.ts";

/** Version of the messages: both sides must have the same. */
export const PROTOCOL_VERSION = 1;

/** What an engine tells a worker. */
export type EngineMessage =
  | {
      readonly type: "init";
      readonly version: number;
      /** Number of the worker, from 0. */
      readonly worker: number;
      readonly trainer: TrainerSpec;
      readonly columns: TrainerColumns;
    }
  /** Fit these partitions; answered by exactly one result. */
  | { readonly type: "data"; readonly task: number; readonly attempt: number; readonly bucket: Bucket };

/** What a worker tells its engine. */
export type WorkerMessage =
  | { readonly type: "result"; readonly batch: ResultBatch }
  /** The worker itself cannot go on, which says nothing of any partition. */
  | { readonly type: "broken"; readonly code: ErrorCode; readonly message: string };
