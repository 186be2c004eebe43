import { type RunEvent, SLOW_AFTER_MS } from "../run/run-event.ts";
import { loadedTooLate } from "./ask-trainer.ts";
import type { Dispatcher, RunningFit } from "./dispatcher.ts";
import { residentMemory } from "./resident-memory.ts";
import type { LoadLimit, WorkerLimits } from "./worker-options.ts";
import type { WorkerPool } from "./worker-pool.ts";

/** Milliseconds between two looks at what workers are at and at the memory that they take. */
export const LOOK_EVERY_MS = 50;

/** Milliseconds between two looks where memory is asked of another program, which costs that much each time. */
const ASK_EVERY_MS = 250;

/** Looks at memory take at most one part in so many of the time: a close look at many processes takes milliseconds. */
const LOOK_SHARE = 10;

/** A fit that has taken long. */
export type SlowEvent = Extract<RunEvent, { readonly type: "partition.slow" }>;

/** What a supervisor works with. */
export interface SupervisorOptions {
  readonly dispatcher: Dispatcher;
  readonly pool: WorkerPool;
  readonly limits: WorkerLimits;
  /** A key as text for people; null where trainers see none. */
  readonly keyText: (keyBytes: Uint8Array | null) => string | null;
  readonly onSlow: (event: SlowEvent) => void;
  /** Resident bytes by process, exact where they are more than allowed. Default: what the system says. */
  readonly readMemory?: typeof residentMemory;
}

/**
 * Looks every {@link LOOK_EVERY_MS} milliseconds at what workers are at: ends those whose fit takes longer than it may,
 * or that take more memory, and tells once of each fit that takes more than a minute. A trainer that is not loaded in time
 * ends the run. What becomes of the partitions is
 * the dispatcher's matter. A worker above its memory is ended even if it is at nothing: what it holds then is garbage,
 * or a leak of its trainer's, and a fresh one begins without.
 */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #timer: NodeJS.Timeout;
  readonly #readMemory: typeof residentMemory;
  /** The slow fit of each worker that was told last, as task and partition. */
  readonly #told: (string | undefined)[] = [];
  /** Process of each worker that loads its trainer, and when it was seen to by the dispatcher's clock. */
  readonly #loading: ({ readonly pid: number; readonly sinceMs: number } | null)[] = [];
  #isWeighing = false;
  #weighNextAtMs = Number.NEGATIVE_INFINITY;
  #isStopped = false;

  /** Begins to look. It has to be stopped. */
  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#readMemory = options.readMemory ?? residentMemory;
    // Immediates come after what has arrived in the meantime was read: a fit that has ended is not ended once more.
    this.#timer = setInterval(() => setImmediate(() => this.look()), LOOK_EVERY_MS);
  }

  /** Looks no longer. */
  stop(): void {
    this.#isStopped = true;
    clearInterval(this.#timer);
  }

  /** One look. */
  look(): void {
    if (this.#isStopped) return;
    const { dispatcher, pool, limits } = this.#options;
    const nowMs = dispatcher.clock.now();
    for (let worker = 0; worker < pool.size; worker++) {
      const fit = dispatcher.fitOf(worker);
      if (fit !== null) this.#judge(worker, fit, nowMs - fit.begunAtMs);
      if (limits.loading) this.#awaitTrainer(worker, limits.loading, nowMs);
    }
    if (limits.memoryBytes !== null) void this.#weigh(limits.memoryBytes);
  }

  #judge(worker: number, fit: RunningFit, tookMs: number): void {
    const { dispatcher, pool, limits, keyText, onSlow } = this.#options;
    const { task, partition, startedAtMs } = fit;
    const { timeoutMs } = limits;
    if (timeoutMs !== null && tookMs > timeoutMs) {
      pool.end(worker, { kind: "timed_out", partition, timeoutMs });
      return;
    }
    const identity = `${task}/${partition}`;
    if (tookMs < SLOW_AFTER_MS || this.#told[worker] === identity) return;
    this.#told[worker] = identity;
    const key = keyText(dispatcher.keyOf(worker, partition)) ?? `partition ${partition}`;
    onSlow({ type: "partition.slow", atMs: Date.now(), task, worker, partition, key, startedAtMs });
  }

  /** Ends the run when a worker does not come to have its trainer: no other would, and no partition is at fault. */
  #awaitTrainer(worker: number, { name, withinMs }: LoadLimit, nowMs: number): void {
    const { dispatcher, pool } = this.#options;
    const pid = pool.isLoading(worker) ? pool.pidOf(worker) : null;
    const seen = this.#loading[worker];
    if (pid === null || seen?.pid !== pid)
      this.#loading[worker] = pid === null ? null : { pid, sinceMs: nowMs };
    else if (nowMs - seen.sinceMs > withinMs)
      dispatcher.onFailure(loadedTooLate(name, withinMs, ` in worker ${worker}`));
  }

  async #weigh(allowedBytes: number): Promise<void> {
    const startMs = performance.now();
    if (this.#isWeighing || startMs < this.#weighNextAtMs) return;
    this.#isWeighing = true;
    const { pool } = this.#options;
    const workers = Array.from({ length: pool.size }, (_, worker) => ({ worker, pid: pool.pidOf(worker) }));
    const pids = workers.flatMap(({ pid }) => (pid === null ? [] : [pid]));
    const found = await this.#readMemory(pids, allowedBytes);
    this.#isWeighing = false;
    const pauseMs = process.platform === "linux" ? LOOK_SHARE * (performance.now() - startMs) : ASK_EVERY_MS;
    this.#weighNextAtMs = startMs + Math.min(pauseMs, ASK_EVERY_MS);
    if (this.#isStopped) return;
    for (const { worker, pid } of workers) {
      const usedBytes = pid === null ? undefined : found.get(pid);
      // Not a fresh worker for what the one before it took.
      if (usedBytes === undefined || usedBytes <= allowedBytes || pool.pidOf(worker) !== pid) continue;
      pool.end(worker, { kind: "memory_exceeded", usedBytes, allowedBytes });
    }
  }
}
