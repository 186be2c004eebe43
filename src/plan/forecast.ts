import type { FitState } from "../run/fit-state.ts";
import type { StateCounts } from "../run/run-event.ts";

/** Milliseconds that something will take, from hardly less to hardly more. */
export interface TimeRange {
  readonly lowMs: number;
  readonly highMs: number;
}

/** Partitions of a sample that were not fitted for one cause. */
export interface SampledCause {
  readonly state: FitState;
  /** Reason of a skip, code of an error. */
  readonly code: string;
  /** What was said of the first of them; empty for skips. */
  readonly message: string;
  readonly partitions: number;
  /** Keys of the first of them in key order, as text for people, at most three. */
  readonly examples: readonly string[];
}

/** How long a run will take, by a sample of its partitions that was really fitted. */
export interface Forecast {
  /** Partitions that were fitted, or at least answered. */
  readonly sampled: number;
  /** Rows that were read for them. */
  readonly sampledRows: number;
  /** What became of them. */
  readonly counts: StateCounts;
  /** Why some were not fitted, the most frequent cause first. */
  readonly causes: readonly SampledCause[];
  /** What the sample took, in milliseconds. */
  readonly sampleMs: number;
  /** Whether the time for the sample was over before it was done. */
  readonly isCutShort: boolean;
  readonly reading: TimeRange;
  /** Null for partitions whose rows need not be brought together. */
  readonly exchanging: TimeRange | null;
  /** Null where no fit ended in time, or not that of the largest partition. */
  readonly fitting: TimeRange | null;
  readonly committing: TimeRange;
  /** Of the whole run; null where fitting is. */
  readonly total: TimeRange | null;
}

/** One partition of a sample. */
export interface SampledFit {
  readonly partition: number;
  readonly startedAtMs: number;
  readonly durationMs: number;
}

/** What was measured, and of what it is a sample. */
export interface Measurements {
  /** Size of every partition, in rows or bytes. */
  readonly sizes: Float64Array;
  readonly fits: readonly SampledFit[];
  /** Milliseconds of the tasks of these fits, all that a worker does for them. */
  readonly tasksMs: number;
  /** Milliseconds from the start of fitting to its end. */
  readonly fittingMs: number;
  readonly workers: number;
  readonly readingMs: number;
  /** Milliseconds in which all rows passed by; null where none had to. */
  readonly exchangingMs: number | null;
  readonly rowCount: number | null;
  /** Columns that are read. */
  readonly columns: number;
  /** Bytes of the models of these fits that are documents. */
  readonly documentBytes: number;
}

/** What {@link forecastTimes} gives. */
export type ForecastTimes = Pick<Forecast, "reading" | "exchanging" | "fitting" | "committing" | "total">;

/**
 * Milliseconds to write a partition and its terms down, and those of any run; and for a byte of a model that is a document.
 * Measured on two cores: a million partitions with four terms, 4.2 s; see bench/README.md.
 */
const COMMIT_MS_PER_PARTITION = 0.0042;
const COMMIT_MS = 60;
const COMMIT_MS_PER_BYTE = 1e-5;

/** Milliseconds to copy one value of a row to where its partition's rows are: 1.9 s for 20 M rows of six, as above. */
const COPY_MS = 1.6e-5;

/** How far measurements of short times, on a machine that does other things too, are trusted. */
const TRUST = { low: 0.8, high: 1.3 } as const;

/** How far times are trusted that were measured elsewhere. */
const TRUST_IN_RATES = { low: 0.5, high: 2 } as const;

/**
 * Milliseconds of a whole run from those of a sample.
 *
 * Reading was done as the run does it. All rows passed by, though only those of the sample were copied; the copies of all
 * others come on top. Each fit of the sample stands for the partitions that are nearest to it in the order of sizes, the
 * largest for itself alone. No fit is shared by workers: fitting takes at least as long as the largest, and as the sample,
 * which is part of it. Where rows come sorted by key, fits overlap with the exchange: the lower end assumes so.
 */
export function forecastTimes(measured: Measurements): ForecastTimes {
  const { sizes, readingMs, exchangingMs, rowCount, columns, fits, documentBytes } = measured;
  const reading = rangeOf(readingMs, readingMs, TRUST);
  const copyingMs = (rowCount ?? 0) * (columns + 2) * COPY_MS;
  const exchanging = exchangingMs === null ? null : rangeOf(exchangingMs, exchangingMs + copyingMs, TRUST);
  const fitting = hasLargest(sizes, fits) ? fittingRange(measured) : null;
  const documentsMs = fits.length === 0 ? 0 : (documentBytes / fits.length) * COMMIT_MS_PER_BYTE;
  const commitMs = COMMIT_MS + sizes.length * (COMMIT_MS_PER_PARTITION + documentsMs);
  const committing = rangeOf(commitMs, commitMs, TRUST_IN_RATES);
  return {
    reading,
    exchanging,
    fitting,
    committing,
    total: totalOf(reading, exchanging, fitting, committing),
  };
}

function totalOf(
  reading: TimeRange,
  exchanging: TimeRange | null,
  fitting: TimeRange | null,
  committing: TimeRange,
): TimeRange | null {
  if (fitting === null) return null;
  const { lowMs = 0, highMs = 0 } = exchanging ?? {};
  return {
    lowMs: reading.lowMs + Math.max(lowMs, fitting.lowMs) + committing.lowMs,
    highMs: reading.highMs + highMs + fitting.highMs + committing.highMs,
  };
}

/** Whether one of the largest partitions is among the fits: nobody knows what it takes where its fit did not end. */
function hasLargest(sizes: Float64Array, fits: readonly SampledFit[]): boolean {
  const most = sizes.reduce((largest, size) => Math.max(largest, size), 0);
  return fits.some(({ partition }) => sizes[partition] === most);
}

function fittingRange({ sizes, fits, tasksMs, fittingMs, workers }: Measurements): TimeRange {
  const lanes = Math.max(1, workers);
  const ownMs = fits.reduce((sum, fit) => sum + fit.durationMs, 0);
  const longestMs = fits.reduce((longest, fit) => Math.max(longest, fit.durationMs), 0);
  const { warm, coldMs } = divideByWarmth(sizes, fits);
  const warmMs = allFitsMs(sizes, warm);
  // Many fits show what it costs until code is compiled, which a run pays once; of few nobody knows which were cold.
  const allMs = fits.length >= 2 * COLD_FITS ? warmMs + coldMs : Math.max(warmMs, allFitsMs(sizes, fits));
  // What workers do beside the fits themselves: put rows in order, write results, say so.
  const besideMs = Math.max(0, tasksMs - ownMs) / fits.length;
  // The sample is part of the run, with those of its fits that did not end in time.
  const lowMs = Math.max(longestMs, Math.min(warmMs, allMs) / lanes, fittingMs);
  const highMs = Math.max(lowMs, (allMs + besideMs * sizes.length) / lanes);
  return rangeOf(lowMs, highMs, TRUST);
}

/** Fits in which code is still being compiled; at most half of a sample are taken for such. */
const COLD_FITS = 2000;

/** The fits once their code is compiled with the largest, which comes first, and the milliseconds of all others. */
function divideByWarmth(
  sizes: Float64Array,
  fits: readonly SampledFit[],
): { readonly warm: readonly SampledFit[]; readonly coldMs: number } {
  const byStart = [...fits].sort((a, b) => a.startedAtMs - b.startedAtMs);
  const largest = fits.reduce((most, fit) => (sizes[fit.partition]! > sizes[most.partition]! ? fit : most));
  const coldCount = Math.min(COLD_FITS, byStart.length >> 1);
  const isWarm = (fit: SampledFit, place: number): boolean => place >= coldCount || fit === largest;
  const cold = byStart.filter((fit, place) => !isWarm(fit, place));
  return { warm: byStart.filter(isWarm), coldMs: cold.reduce((sum, fit) => sum + fit.durationMs, 0) };
}

/** Milliseconds of all fits one after the other: each as long as those of its size, or between those of the next sizes. */
function allFitsMs(sizes: Float64Array, fits: readonly SampledFit[]): number {
  const points = meansBySize(sizes, fits);
  let at = 0;
  let sum = 0;
  for (const size of sizes.slice().sort()) {
    while (at < points.length - 1 && points[at + 1]!.size <= size) at++;
    const below = points[at]!;
    const above = points[at + 1];
    const isBetween = above !== undefined && size > below.size;
    const share = isBetween ? (size - below.size) / (above.size - below.size) : 0;
    sum += below.meanMs + (isBetween ? share * (above.meanMs - below.meanMs) : 0);
  }
  return sum;
}

/** The mean duration of the fits of each size, ascending by size. */
function meansBySize(
  sizes: Float64Array,
  fits: readonly SampledFit[],
): { readonly size: number; readonly meanMs: number }[] {
  const sums = new Map<number, { ms: number; count: number }>();
  for (const { partition, durationMs } of fits) {
    const sum = sums.get(sizes[partition]!) ?? { ms: 0, count: 0 };
    sums.set(sizes[partition]!, { ms: sum.ms + durationMs, count: sum.count + 1 });
  }
  return [...sums]
    .map(([size, { ms, count }]) => ({ size, meanMs: ms / count }))
    .sort((a, b) => a.size - b.size);
}

function rangeOf(
  lowMs: number,
  highMs: number,
  trust: { readonly low: number; readonly high: number },
): TimeRange {
  return { lowMs: lowMs * trust.low, highMs: highMs * trust.high };
}
