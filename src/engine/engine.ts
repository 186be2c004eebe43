import type { Inventory } from "../job/inventory.ts";
import type { Job } from "../job/job.ts";
import type { ResultBatch } from "../run/result-batch.ts";
import type { ResultSchema } from "../run/result-schema.ts";
import type { RunEvent } from "../run/run-event.ts";

/** What an engine found out about a job before it runs. */
export interface Inspection {
  readonly inventory: Inventory;
  /** What the job's models will look like. */
  readonly resultSchema: ResultSchema;
  /** Partitions with fewer used rows are skipped. */
  readonly minRows: number;
  /** What the rows will take while they are brought together, in bytes. */
  readonly exchangeBytes: number;
}

/**
 * Where tasks run. An engine is made for one job: `inspect` once, then `run` once, then `close`. How it packs
 * partitions into tasks is its own matter and never shows in a model.
 */
export interface Engine {
  readonly name: string;
  /** Lanes that fit at the same time; 0 when the caller's own thread fits. */
  readonly workers: number;
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
  /** Stops what still runs and frees everything; may be called at any time. */
  close(): Promise<void>;
}
