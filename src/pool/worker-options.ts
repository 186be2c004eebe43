import type { WorkerTrainer } from "../protocol/message.ts";
import type { ResultSchema } from "../run/result-schema.ts";
import type { PythonReserve } from "./python-reserve.ts";

/** What a worker that is a process may take; null: no limit. Threads run what manyfit ships, and have none. */
export interface WorkerLimits {
  /** Milliseconds of one fit. */
  readonly timeoutMs: number | null;
  /** Resident bytes of the process. */
  readonly memoryBytes: number | null;
  /** Of loading the trainer. Default: null. */
  readonly loading?: LoadLimit | null;
}

/** How long a trainer of the user's may take to be loaded: as long as when it is asked what it reads. */
export interface LoadLimit {
  /** What messages call the trainer, such as `trainer ./train.py`. */
  readonly name: string;
  readonly withinMs: number;
}

/** What partitions are fitted on. */
export interface WorkerOptions {
  /** Threads or processes at most; never more than there is work for. */
  readonly workers: number;
  /** Path of the module that threads run. */
  readonly threadEntry: string;
  readonly trainer: WorkerTrainer;
  /** Python children that were started before. Default: null. */
  readonly reserve?: PythonReserve | null;
  readonly resultSchema: ResultSchema;
  readonly limits: WorkerLimits;
  readonly signal: AbortSignal;
}
