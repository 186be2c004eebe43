import { FIT_STATES } from "./fit-state.ts";
import { NO_COUNTS, type Phase, type ProgressUnit, type RunEvent, type StateCounts } from "./run-event.ts";

/** How far the phase that runs now has come. */
export interface PhaseProgress {
  readonly phase: Phase;
  readonly startedAtMs: number;
  readonly done: number;
  /** Null where it is not known before. */
  readonly total: number | null;
  readonly unit: ProgressUnit;
}

/** A partition whose fit goes on for long. */
export interface SlowPartition {
  readonly task: number;
  readonly partition: number;
  /** As text for people. */
  readonly key: string;
  readonly startedAtMs: number;
}

/** Everything the events so far say of a run: what progress lines, pages and reports show. */
export interface RunState {
  readonly status: "starting" | "running" | "committed" | "interrupted" | "budget" | "failed";
  readonly run: string | null;
  readonly engine: string | null;
  readonly workers: number;
  readonly startedAtMs: number | null;
  /** Time of the last event. */
  readonly updatedAtMs: number | null;
  readonly partitions: number | null;
  readonly rows: number | null;
  /** Partitions that will be skipped, as planned. */
  readonly plannedSkips: number | null;
  readonly progress: PhaseProgress | null;
  /** Partitions answered so far. */
  readonly counts: StateCounts;
  readonly tasksStarted: number;
  readonly tasksFinished: number;
  /** Tasks during which their worker ended. */
  readonly attemptsLost: number;
  /** Fits under way that have taken long, the oldest first. */
  readonly slow: readonly SlowPartition[];
  /** Null before the first sample. */
  readonly memory: { readonly bytes: number; readonly budgetBytes: number } | null;
  readonly digest: string | null;
  /** Why the run stopped, where it did. */
  readonly message: string | null;
}

/** The state of a run of which nothing is known yet. */
export const INITIAL_RUN_STATE: RunState = {
  status: "starting",
  run: null,
  engine: null,
  workers: 0,
  startedAtMs: null,
  updatedAtMs: null,
  partitions: null,
  rows: null,
  plannedSkips: null,
  progress: null,
  counts: NO_COUNTS,
  tasksStarted: 0,
  tasksFinished: 0,
  attemptsLost: 0,
  slow: [],
  memory: null,
  digest: null,
  message: null,
};

/** The state after one more event. Neither argument is changed. */
export function foldEvent(state: RunState, event: RunEvent): RunState {
  return { ...state, updatedAtMs: event.atMs, ...changeOf(state, event) };
}

/** Partitions answered so far, whatever the answer. */
export function answeredCount(counts: StateCounts): number {
  let sum = 0;
  for (const state of FIT_STATES) sum += counts[state];
  return sum;
}

/** The sum of two sets of counts. */
export function addCounts(a: StateCounts, b: StateCounts): StateCounts {
  return {
    fitted: a.fitted + b.fitted,
    skipped: a.skipped + b.skipped,
    failed: a.failed + b.failed,
    timed_out: a.timed_out + b.timed_out,
    lost: a.lost + b.lost,
  };
}

function changeOf(state: RunState, event: RunEvent): Partial<RunState> {
  switch (event.type) {
    case "run.started":
      return {
        status: "running",
        run: event.run,
        engine: event.engine,
        workers: event.workers,
        startedAtMs: event.atMs,
      };
    case "run.planned":
      return { partitions: event.partitions, rows: event.rows, plannedSkips: event.skips };
    case "phase.started": {
      const { phase, total, unit, atMs } = event;
      return { progress: { phase, startedAtMs: atMs, done: 0, total, unit } };
    }
    case "phase.progressed":
      if (state.progress?.phase !== event.phase) return {};
      return { progress: { ...state.progress, done: event.done } };
    case "task.started":
      return { tasksStarted: state.tasksStarted + 1 };
    case "task.finished":
      return { tasksFinished: state.tasksFinished + 1, ...afterTask(state, event) };
    case "attempt.lost":
      return { attemptsLost: state.attemptsLost + 1, ...afterTask(state, event) };
    case "partition.slow": {
      const { task, partition, key, startedAtMs } = event;
      return { slow: [...state.slow, { task, partition, key, startedAtMs }] };
    }
    case "memory.sampled":
      return { memory: { bytes: event.bytes, budgetBytes: event.budgetBytes } };
    case "task.ran":
    case "rows.exchanged":
    case "trainer.logged":
      return {};
    case "run.committed":
      return { status: "committed", counts: event.counts, digest: event.digest, progress: null };
    case "run.stopped":
      return { status: event.reason, message: event.message, progress: null };
  }
}

function afterTask(
  { counts, slow }: RunState,
  ended: { readonly task: number; readonly counts: StateCounts },
): Pick<RunState, "counts" | "slow"> {
  return {
    counts: addCounts(counts, ended.counts),
    slow: slow.filter((partition) => partition.task !== ended.task),
  };
}
