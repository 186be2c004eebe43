import type { Phase, RunEvent } from "./run-event.ts";

/** How much of something was done when. */
export interface DonePoint {
  readonly atMs: number;
  readonly done: number;
}

/** What of a run's events says how long the rest will take. A fold: {@link foldEta}. */
export interface EtaState {
  /** What is to be done; null until it is planned. */
  readonly planned: PlannedWork | null;
  readonly phase: {
    readonly name: Phase;
    readonly startedAtMs: number;
    readonly total: number | null;
    /** What was said of its progress: the first, the last, and some between. */
    readonly points: readonly DonePoint[];
  } | null;
  /** Milliseconds for which each row was exchanged; null until they all are. */
  readonly exchangeMsPerRow: number | null;
  /** Partitions that were answered, as a share of all, from when fits began, or nothing but fits. */
  readonly fitted: readonly DonePoint[];
  readonly workers: number;
}

/** What a run has to do, as it was planned. */
export interface PlannedWork {
  readonly partitions: number;
  /** Null where they are not counted before they are read. */
  readonly rows: number | null;
  readonly isEstimator: boolean;
  /** Of all files: what is hashed beside the run, from the time on at which it was planned. */
  readonly bytes: number;
  readonly atMs: number;
}

/** Before the first event. */
export const INITIAL_ETA: EtaState = {
  planned: null,
  phase: null,
  exchangeMsPerRow: null,
  fitted: [],
  workers: 1,
};

/**
 * What linear regressions took on one of two cores of a shared machine, in milliseconds. Only ratios of these are used:
 * to foresee a phase of which nothing has been measured from one of which something has.
 */
const USUAL = {
  exchangeRow: 2e-4,
  fitRow: 1.2e-4,
  fitPartition: 6e-3,
  fitFile: 0.15,
  fitFileByte: 3.5e-5,
  hashByte: 4e-6,
  commitPartition: 3.5e-3,
  commit: 60,
};

/** A pace counts from this share of what is to be done, and this time, on: what has just begun is slower. */
const PACE_AFTER_SHARE = 0.03;
const PACE_AFTER_MS = 900;

/** No machine is so many times slower or faster than what is usual. */
const MOST_SLOW = 8;

/** A pace is that of the last half of the time, and of no less than this. */
const PACE_OF_MS = 1000;

/** Points that are kept; beyond, every second one is forgotten. */
const MOST_POINTS = 48;

/** Where this share of what is exchanged is fitted meanwhile, the source is sorted, and fits do not wait for the exchange. */
const SORTED_SHARE = 0.3;

/** The state after one more event. Neither argument is changed. */
export function foldEta(state: EtaState, event: RunEvent): EtaState {
  switch (event.type) {
    case "run.started":
      return { ...INITIAL_ETA, workers: Math.max(1, event.workers) };
    case "run.planned": {
      const { partitions, rows, isEstimator, bytes, atMs } = event;
      return { ...state, planned: { partitions, rows, isEstimator, bytes, atMs } };
    }
    case "phase.started":
      return startPhase(state, event);
    case "phase.progressed":
      return progress(state, event);
    default:
      return state;
  }
}

function startPhase(state: EtaState, event: Extract<RunEvent, { readonly type: "phase.started" }>): EtaState {
  const { phase: before, planned } = state;
  const { phase: name, total, atMs } = event;
  const isExchanged = before?.name === "exchanging" && planned?.rows;
  const exchangeMsPerRow = isExchanged ? (atMs - before.startedAtMs) / planned.rows : state.exchangeMsPerRow;
  const phase = { name, startedAtMs: atMs, total, points: [] };
  if (name !== "fitting") return { ...state, exchangeMsPerRow, phase };
  // While rows were exchanged, fits went slower.
  const last = state.fitted.at(-1);
  const fitted = last === undefined ? [] : [{ atMs, done: last.done }];
  return { ...state, exchangeMsPerRow, phase, fitted };
}

function progress(
  state: EtaState,
  { phase: name, atMs, done, rows = 0 }: Extract<RunEvent, { readonly type: "phase.progressed" }>,
): EtaState {
  const { phase, planned, fitted } = state;
  if (name === "fitting" && planned !== null)
    return { ...state, fitted: withPoint(fitted, { atMs, done: shareOf(planned, done, rows) }) };
  if (phase?.name !== name) return state;
  return { ...state, phase: { ...phase, points: withPoint(phase.points, { atMs, done }) } };
}

/** The points with one more, the first and the last always among them. */
function withPoint(points: readonly DonePoint[], point: DonePoint): readonly DonePoint[] {
  const kept = points.length < MOST_POINTS ? points : points.filter((_, i) => i % 2 === 0);
  return [...kept, point];
}

/** Rows count as much as partitions where they are known, so that neither many small nor few large ones mislead. */
function shareOf({ partitions, rows }: PlannedWork, donePartitions: number, doneRows: number): number {
  const ofPartitions = donePartitions / Math.max(1, partitions);
  return rows === null || rows === 0 ? ofPartitions : (ofPartitions + doneRows / rows) / 2;
}

/**
 * Milliseconds until the run is committed, if it goes on as it went; null where nothing says: before its partitions are
 * counted, and until the first fits of a trainer of the user's have ended. `nowMs` is in milliseconds since 1970.
 */
export function remainingMs(state: EtaState, nowMs: number): number | null {
  const { phase, planned } = state;
  if (phase === null || planned === null || phase.name === "reading") return null;
  if (phase.name === "committing") return restOfCommit(state, planned, nowMs);
  const fits = restOfFits(state, planned, nowMs);
  if (fits === null) return null;
  const exchange = phase.name === "fitting" ? 0 : restOfExchange(state, planned, nowMs);
  const beforeCommit = exchange + fits * shareAfterExchange(state);
  return Math.max(beforeCommit, restOfHash(state, planned, nowMs)) + commitMs(state, planned);
}

/** What is left by the pace of late; null before there is one. */
function restOf(points: readonly DonePoint[], total: number | null, nowMs: number): number | null {
  const [first] = points;
  const last = points.at(-1);
  if (first === undefined || last === undefined || total === null) return null;
  const took = last.atMs - first.atMs;
  if (took < PACE_AFTER_MS || last.done - first.done < (total - first.done) * PACE_AFTER_SHARE) return null;
  const sinceMs = last.atMs - Math.max(PACE_OF_MS, took / 2);
  const from = points.findLast(({ atMs }) => atMs <= sinceMs) ?? first;
  if (last.done <= from.done || last.atMs <= from.atMs) return null;
  const pace = (last.atMs - from.atMs) / (last.done - from.done);
  const rest = Math.max(0, total - last.done) * pace;
  // What is overdue has been so for some time, and will be so for as long again.
  return rest === 0 ? 0 : Math.abs(rest - (nowMs - last.atMs));
}

/** Share of the exchange from which on only its own pace counts; before, it is mixed with what is usual. */
const SURE_SHARE = 0.5;

function restOfExchange({ phase }: EtaState, { rows }: PlannedWork, nowMs: number): number {
  const { points, total, startedAtMs } = phase!;
  const last = points.at(-1);
  const left = (rows ?? 0) - (last?.done ?? 0);
  const usual = Math.max(0, left * USUAL.exchangeRow - (nowMs - (last?.atMs ?? startedAtMs)));
  const byPace = restOf(points, total, nowMs);
  if (byPace === null || last === undefined) return usual;
  return mixed(byPace, usual, last.done / Math.max(1, total!));
}

/** What was found and what is usual, by how much of the exchange is done. */
function mixed(found: number, usual: number, exchanged: number): number {
  const weight = Math.min(1, exchanged / SURE_SHARE);
  return weight * found + (1 - weight) * usual;
}

/** How much slower than usual this machine, with this many columns, is so far. */
function slowness({ phase, exchangeMsPerRow }: EtaState): number {
  const points = phase?.name === "exchanging" ? phase.points : [];
  const [first] = points;
  const last = points.at(-1);
  let msPerRow: number = exchangeMsPerRow ?? USUAL.exchangeRow;
  if (first !== undefined && last !== undefined && last.atMs - first.atMs >= PACE_AFTER_MS) {
    const found = (last.atMs - first.atMs) / Math.max(1, last.done - first.done);
    msPerRow = mixed(found, USUAL.exchangeRow, last.done / Math.max(1, phase?.total ?? 0));
  }
  return Math.min(MOST_SLOW, Math.max(1 / MOST_SLOW, msPerRow / USUAL.exchangeRow));
}

/** By the pace of fits as soon as there is one; before, of estimators, by what fits usually take. */
function restOfFits(state: EtaState, planned: PlannedWork, nowMs: number): number | null {
  const { fitted, workers } = state;
  const byPace = restOf(fitted, 1, nowMs);
  if (byPace !== null) return byPace;
  if (!planned.isEstimator) return null;
  const { partitions, rows, bytes } = planned;
  const usual =
    rows === null
      ? partitions * USUAL.fitFile + bytes * USUAL.fitFileByte
      : rows * USUAL.fitRow + partitions * USUAL.fitPartition;
  return (Math.max(0, 1 - (fitted.at(-1)?.done ?? 0)) * usual * slowness(state)) / workers;
}

/** Of the fits that are left, the share that has to wait for the end of the exchange: of a sorted source few have. */
function shareAfterExchange({ phase, fitted }: EtaState): number {
  const { total, points } = phase!;
  const exchanged = total === null || total === 0 ? 0 : (points.at(-1)?.done ?? 0) / total;
  const answered = fitted.at(-1)?.done ?? 0;
  if (phase!.name !== "exchanging" || answered <= SORTED_SHARE * exchanged) return 1;
  return Math.max(0, exchanged - answered) / Math.max(0.01, 1 - answered);
}

/** A run commits what is hashed; files that are partitions each are hashed by whoever reads them. */
function restOfHash(state: EtaState, { bytes, rows, atMs }: PlannedWork, nowMs: number): number {
  if (rows === null) return 0;
  const expected = atMs + bytes * USUAL.hashByte * Math.max(1, slowness(state)) - nowMs;
  // One that takes longer than it should will take longer still.
  return state.phase?.name === "committing" ? Math.max(expected, (nowMs - atMs) / 10) : Math.max(0, expected);
}

function commitMs(state: EtaState, { partitions }: PlannedWork): number {
  return USUAL.commit + partitions * USUAL.commitPartition * slowness(state);
}

/** The ledger, of which most is known first, takes longest: time goes with this power of what is done. */
const COMMIT_POWER = 0.6;

function restOfCommit(state: EtaState, planned: PlannedWork, nowMs: number): number {
  const { total, points } = state.phase!;
  const [first] = points;
  const last = points.at(-1);
  const expected = commitMs(state, planned);
  // Nothing is written before everything is hashed.
  if (first === undefined || last === undefined || total === null)
    return restOfHash(state, planned, nowMs) + expected;
  if (last.done <= 0) return Math.max(0, expected - (nowMs - first.atMs));
  const share = Math.min(1, (last.done / total) ** COMMIT_POWER);
  const byPace = (last.atMs - first.atMs) * (1 / share - 1) - (nowMs - last.atMs);
  return Math.max(byPace, ((1 - share) * expected) / 2);
}
