import type { Engine, Inspection } from "../engine/engine.ts";
import type { Inventory } from "../job/inventory.ts";
import type { ResultBatch } from "../run/result-batch.ts";
import type { RunEvent } from "../run/run-event.ts";
import { chooseSample } from "./choose-sample.ts";

/** How large a sample is: so many partitions, or as many as can be fitted in a time. */
export type SampleSize = { readonly partitions: number } | { readonly milliseconds: number };

/** What the sample of a job was measured with. */
export interface SampleContext {
  readonly size: SampleSize;
  /** Size of every partition, in rows or bytes. */
  readonly sizes: Float64Array;
  readonly signal: AbortSignal;
  /** Told of what happens meanwhile. */
  readonly report: (event: RunEvent) => void;
}

/** What was measured of a sample. */
export interface MeasuredSample {
  /** The results, by the numbers that partitions have among all. */
  readonly batches: readonly ResultBatch[];
  /** Milliseconds of all tasks that ended. */
  readonly tasksMs: number;
  /** Milliseconds in which all rows passed by; null where none had to, or time was over before. */
  readonly exchangingMs: number | null;
  /** Milliseconds from then to the end. */
  readonly fittingMs: number;
  /** Of the sample with all that was tried before. */
  readonly sampleMs: number;
  readonly isCutShort: boolean;
}

/** Partitions of the first try: few where each may take long, and for modules so many for each worker. */
const FIRST_ESTIMATES = 32_768;
const FIRST_OF_MODULES = 4;

/** Rows and bytes of the first try at most. */
const FIRST_ROWS = 2 ** 20;
const FIRST_BYTES = 2 ** 25;

/** How many times as large the next try may be: what was measured of few says little of many. */
const MOST_GROWTH = 64;
const MOST_TRIES = 4;

/** Share of the time that is left which the next try may take by what is known. */
const PLANNED_SHARE = 0.7;

/** Rows of a sample at most, where they are known: it lies in memory. */
const MOST_ROWS = 2 ** 22;

/**
 * Fits a sample of what an engine inspected. Where a time is given, small samples come first and larger ones while time is
 * left; each has the partitions of those before, the last is measured, and what it did not do in time is left out. The time
 * begins with the first fits: what it takes until all rows have passed by, which they do in a run too, comes on top. Stops
 * with `interrupted` when the signal is aborted.
 */
export async function measureSample(
  engine: Engine,
  { inventory }: Inspection,
  context: SampleContext,
): Promise<MeasuredSample> {
  const { size, sizes } = context;
  const { job, partitionCount } = inventory;
  const time = new SampleTime("milliseconds" in size ? size.milliseconds : null);
  try {
    if ("partitions" in size)
      return await measureOnce(engine, chooseSample(sizes, size.partitions, job.seed), context, time);
    const mostPartitions = Math.min(partitionCount, atMost(MOST_ROWS, inventory.rowCount, partitionCount));
    let count = Math.min(mostPartitions, firstCount(inventory, sizes, engine.workers));
    let only = chooseSample(sizes, count, job.seed);
    for (let tries = 1; ; tries++) {
      const measured = await measureOnce(engine, only, context, time);
      const perPartitionMs = Math.max(1e-4, measured.fittingMs / only.length);
      const affordable = (time.leftMs() * PLANNED_SHARE - (measured.exchangingMs ?? 0)) / perPartitionMs;
      const next = Math.min(mostPartitions, MOST_GROWTH * count, Math.floor(affordable));
      if (measured.isCutShort || tries === MOST_TRIES || next < 2 * count) return measured;
      count = next;
      only = union(only, chooseSample(sizes, count, job.seed));
    }
  } finally {
    time.close();
  }
}

/** How many partitions have so much together, at least one; any number where it is not known how much they have. */
function atMost(limit: number, all: number | null, partitions: number): number {
  return all === null ? partitions : Math.max(1, Math.floor((limit * partitions) / Math.max(1, all)));
}

function firstCount({ job, rowCount }: Inventory, sizes: Float64Array, workers: number): number {
  if (job.module !== null) return FIRST_OF_MODULES * Math.max(1, workers);
  const bytes = rowCount === null ? sizes.reduce((sum, size) => sum + size, 0) : null;
  return Math.min(
    FIRST_ESTIMATES,
    atMost(FIRST_ROWS, rowCount, sizes.length),
    atMost(FIRST_BYTES, bytes, sizes.length),
  );
}

/** The time that a sample has. */
class SampleTime {
  readonly startedAt = performance.now();
  readonly #milliseconds: number | null;
  readonly #over = new AbortController();
  #timer: NodeJS.Timeout | null = null;
  #beganAt: number | null = null;

  constructor(milliseconds: number | null) {
    this.#milliseconds = milliseconds;
  }

  /** Aborted when it is over. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** Fits begin; the first call counts. */
  begin(): void {
    if (this.#milliseconds === null || this.#beganAt !== null) return;
    this.#beganAt = performance.now();
    this.#timer = setTimeout(() => this.#over.abort(), this.#milliseconds);
  }

  leftMs(): number {
    const spent = this.#beganAt === null ? 0 : performance.now() - this.#beganAt;
    return (this.#milliseconds ?? 0) - spent;
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
  }
}

async function measureOnce(
  engine: Engine,
  only: Int32Array,
  { signal, report }: SampleContext,
  time: SampleTime,
): Promise<MeasuredSample> {
  const batches: ResultBatch[] = [];
  let tasksMs = 0;
  const beganAt = performance.now();
  let fittingAt: number | null = null;
  let isExchanged = false;
  try {
    for await (const item of engine.sample(only, AbortSignal.any([signal, time.signal]))) {
      if (item.type === "result.batch") batches.push(item);
      else report(item);
      if (item.type === "task.finished") tasksMs += item.durationMs;
      // In the caller's thread rows come sorted, one partition after the other, and no phase tells the two apart.
      if (item.type === "task.started" && engine.workers === 0) time.begin();
      if (item.type !== "phase.started") continue;
      if (item.phase === "exchanging") isExchanged = true;
      else if (item.phase === "fitting") {
        fittingAt = performance.now();
        time.begin();
      }
    }
  } catch (error) {
    // Time being over is no error of the sample; being told to stop is.
    if (signal.aborted || !time.signal.aborted) throw error;
  }
  const endedAt = performance.now();
  const told = { batches, sampleMs: endedAt - time.startedAt, isCutShort: time.signal.aborted };
  if (engine.workers === 0) {
    const fittingMs = batches.reduce((sum, batch) => batch.durationMs.reduce((a, b) => a + b, sum), 0);
    const exchangingMs = isExchanged ? endedAt - beganAt - fittingMs : null;
    return { ...told, tasksMs: isExchanged ? fittingMs : tasksMs, exchangingMs, fittingMs };
  }
  const exchangingMs = isExchanged ? (fittingAt ?? endedAt) - beganAt : null;
  return { ...told, tasksMs, exchangingMs, fittingMs: endedAt - (fittingAt ?? beganAt) };
}

function union(a: Int32Array, b: Int32Array): Int32Array {
  return Int32Array.from(new Set([...a, ...b])).sort();
}
