import {
  answeredCount,
  type EtaState,
  foldEta,
  foldEvent,
  INITIAL_ETA,
  INITIAL_RUN_STATE,
  type Phase,
  type ProgressUnit,
  type RunEvent,
  type RunState,
  remainingMs,
} from "../index.ts";

/** A run's state, and what its rate is counted from. */
export interface ProgressState {
  readonly run: RunState;
  /** What was done already when the phase began: partitions are fitted while rows are still exchanged. */
  readonly doneAtPhaseStart: number;
  /** From which the time that is left is reckoned. */
  readonly eta: EtaState;
}

/** How far the phase that runs now has come, and how fast; numbers that cannot be known honestly are null. */
export interface PhasePace {
  readonly phase: Phase;
  readonly unit: ProgressUnit;
  readonly done: number;
  readonly total: number | null;
  /** Rows or partitions a second since the phase began. */
  readonly perSecond: number | null;
  /** Until the phase ends, if it goes on like this. */
  readonly leftMs: number | null;
}

/** Before the first event. */
export const INITIAL_PROGRESS: ProgressState = {
  run: INITIAL_RUN_STATE,
  doneAtPhaseStart: 0,
  eta: INITIAL_ETA,
};

/** A rate is said from this time on, and an end only after this time and this share of the phase. */
const RATE_AFTER_MS = 500;
const END_AFTER_MS = 2000;
const END_AFTER_SHARE = 0.05;

/** Time without an event after which the rate begins to fall. */
const STANDSTILL_MS = 2000;

/** The state after one more event. Neither argument is changed. */
export function foldProgress(state: ProgressState, event: RunEvent): ProgressState {
  const run = foldEvent(state.run, event);
  const doneAtPhaseStart = event.type === "phase.started" ? doneIn(run) : state.doneAtPhaseStart;
  return { run, doneAtPhaseStart, eta: foldEta(state.eta, event) };
}

/** Milliseconds until the run is committed; null where that cannot be known honestly, or is not worth a word yet. */
export function timeLeft({ run, eta }: ProgressState, nowMs: number): number | null {
  if (run.startedAtMs === null || nowMs - run.startedAtMs < END_AFTER_MS) return null;
  return remainingMs(eta, nowMs);
}

/**
 * The pace of the phase at `nowMs` (milliseconds since 1970); null between phases. Between two events time stands
 * still for a while, so that the rate does not fall and jump with each of them.
 */
export function phasePace({ run, doneAtPhaseStart }: ProgressState, nowMs: number): PhasePace | null {
  const { progress } = run;
  if (progress === null) return null;
  const { phase, unit, total, startedAtMs } = progress;
  const done = doneIn(run);
  const advanced = done - doneAtPhaseStart;
  const seenAtMs = Math.max(run.updatedAtMs ?? startedAtMs, nowMs - STANDSTILL_MS);
  const elapsedMs = seenAtMs - startedAtMs;
  const hasRate = advanced > 0 && elapsedMs >= RATE_AFTER_MS;
  const perSecond = hasRate ? (advanced * 1000) / elapsedMs : null;
  const isFarEnough =
    nowMs - startedAtMs >= END_AFTER_MS && total !== null && advanced >= total * END_AFTER_SHARE;
  const leftMs =
    isFarEnough && perSecond !== null
      ? Math.max(0, ((total - done) * 1000) / perSecond - (nowMs - seenAtMs))
      : null;
  return { phase, unit, done, total, perSecond, leftMs };
}

function doneIn(run: RunState): number {
  if (run.progress === null) return 0;
  return run.progress.phase === "fitting" ? answeredCount(run.counts) : run.progress.done;
}
