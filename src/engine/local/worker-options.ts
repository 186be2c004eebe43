import type { WorkerTrainer } from "../../protocol/message.ts";
import type { ResultSchema } from "../../run/result-schema.ts";

/** What partitions are fitted on. */
export interface WorkerOptions {
  /** Threads or processes at most; never more than there is work for. */
  readonly workers: number;
  /** Path of the module that threads run. */
  readonly threadEntry: string;
  readonly trainer: WorkerTrainer;
  readonly resultSchema: ResultSchema;
  readonly signal: AbortSignal;
}
