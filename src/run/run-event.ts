import type { FitState } from "./fit-state.ts";

/** Version of the event format; readers refuse what is newer. */
export const EVENT_VERSION = 1;

/**
 * The stations of a run's work, in order: find the partitions, bring each one's rows together, fit what is left,
 * write the run down.
 */
export const PHASES = ["reading", "exchanging", "fitting", "committing"] as const;

/** One of {@link PHASES}. */
export type Phase = (typeof PHASES)[number];

/** Milliseconds after which a fit that goes on is said to be slow. */
export const SLOW_AFTER_MS = 60_000;

/** What the progress of a phase is counted in; `percent` of something that has no better unit. */
export type ProgressUnit = "rows" | "partitions" | "percent";

/** How many partitions are in each state. */
export type StateCounts = Readonly<Record<FitState, number>>;

/**
 * A fact of a run, in the past tense. Events are few: per phase and task, never per partition. `atMs` is
 * milliseconds since 1970.
 */
export type RunEvent =
  | {
      readonly type: "run.started";
      readonly atMs: number;
      readonly version: typeof EVENT_VERSION;
      readonly run: string;
      readonly engine: string;
      readonly workers: number;
    }
  | {
      readonly type: "run.planned";
      readonly atMs: number;
      readonly partitions: number;
      /** Null where they are not counted before they are read. */
      readonly rows: number | null;
      /** Partitions that will be skipped, known from counts alone. */
      readonly skips: number;
      /** Size of all files of the source. */
      readonly bytes: number;
      /** Whether the trainer is one that manyfit has, of which it is known what a fit usually takes. */
      readonly isEstimator: boolean;
    }
  | {
      readonly type: "phase.started";
      readonly atMs: number;
      readonly phase: Phase;
      /** Rows or partitions to come; null where that is not known before. */
      readonly total: number | null;
      readonly unit: ProgressUnit;
    }
  | {
      readonly type: "phase.progressed";
      readonly atMs: number;
      readonly phase: Phase;
      /** Of the phase's total; of `fitting` the partitions that are answered, also while rows are still exchanged. */
      readonly done: number;
      /** Rows of those partitions; 0 where none is known. Only of `fitting`. */
      readonly rows?: number;
    }
  | {
      readonly type: "task.started";
      readonly atMs: number;
      readonly task: number;
      readonly worker: number;
      readonly attempt: number;
      readonly partitions: number;
      /** Null where they are not counted before they are read. */
      readonly rows: number | null;
    }
  | {
      /** The worker ended within the task; the partitions without an answer are tried again, or given up. */
      readonly type: "attempt.lost";
      readonly atMs: number;
      readonly task: number;
      readonly worker: number;
      readonly attempt: number;
      /** The partition that was at work; null where none was. */
      readonly partition: number | null;
      /** Such as `worker 1 ended by signal SIGKILL`. */
      readonly cause: string;
      /** Of the partitions that are answered with this: those with results before, and one that is given up. */
      readonly counts: StateCounts;
    }
  | {
      readonly type: "task.finished";
      readonly atMs: number;
      readonly task: number;
      readonly worker: number;
      readonly attempt: number;
      readonly durationMs: number;
      readonly counts: StateCounts;
    }
  | {
      /** Where and when a cluster ran a task, as its executor saw it; told once for each, of the attempt whose results count. */
      readonly type: "task.ran";
      /** When it was heard of. */
      readonly atMs: number;
      readonly task: number;
      readonly worker: number;
      readonly startedAtMs: number;
      readonly endedAtMs: number;
      /** Spark's number of the stage. */
      readonly stage: number;
      /** How many times Spark had tried it before. */
      readonly attempt: number;
      /** Spark's number of the attempt among all of the application. */
      readonly taskAttempt: number;
      readonly executor: string;
      readonly host: string;
      /** Process number of Spark's Python worker. */
      readonly process: number;
    }
  | {
      /** What a cluster brought from executor to executor until partitions were together; all 0 where nothing was. */
      readonly type: "rows.exchanged";
      readonly atMs: number;
      readonly rowsWritten: number;
      readonly bytesWritten: number;
      readonly rowsRead: number;
      readonly bytesRead: number;
    }
  | {
      /** A fit has not ended after {@link SLOW_AFTER_MS}; told once for each. */
      readonly type: "partition.slow";
      readonly atMs: number;
      readonly task: number;
      readonly worker: number;
      readonly partition: number;
      /** Its key, as text for people. */
      readonly key: string;
      readonly startedAtMs: number;
    }
  | {
      /** What the run takes of the machine now and then. */
      readonly type: "memory.sampled";
      readonly atMs: number;
      /** Resident memory of this process and its workers. */
      readonly bytes: number;
      /** What they may take together. */
      readonly budgetBytes: number;
    }
  | {
      /** A trainer of the user's printed something. */
      readonly type: "trainer.logged";
      readonly atMs: number;
      /** What was at work meanwhile; null where nothing was, as while a trainer is loaded. */
      readonly task: number | null;
      readonly partition: number | null;
      /** Key of the partition, as text for people; null where there is none. */
      readonly key: string | null;
      readonly stream: "stdout" | "stderr";
      /** As it was printed: lines with their ends, or parts of lines. */
      readonly text: string;
    }
  | {
      readonly type: "run.committed";
      readonly atMs: number;
      readonly counts: StateCounts;
      readonly digest: string;
    }
  | {
      readonly type: "run.stopped";
      readonly atMs: number;
      /**
       * `interrupted`: by the user; `budget`: because more partitions failed than may; `failed`: by an error. The
       * message stands beside.
       */
      readonly reason: "interrupted" | "budget" | "failed";
      readonly message: string;
    };

/** Counts of no partition at all. */
export const NO_COUNTS: StateCounts = { fitted: 0, skipped: 0, failed: 0, timed_out: 0, lost: 0 };
