import type { Bucket } from "../../protocol/bucket.ts";
import { countStates, type ResultBatch } from "../../run/result-batch.ts";
import type { RunEvent } from "../../run/run-event.ts";
import type { ThreadPool } from "./thread-pool.ts";
import type { WorkQueue } from "./work-queue.ts";

/** Tasks that a worker has at a time: one to fit, one to go on with. */
const TASKS_PER_WORKER = 2;

/** Results that wait for the store before workers are given no more. */
const WAITING_RESULTS = 32;

/** Gives complete buckets to workers, the largest first, and no faster than results are taken. */
export class Dispatcher {
  readonly #pool: ThreadPool;
  readonly #results: WorkQueue<RunEvent | ResultBatch>;
  readonly #waiting: Bucket[] = [];
  readonly #load: number[];
  readonly #startedAtMs = new Map<number, number>();
  #nextTask = 0;
  #expectsMore = true;

  constructor(pool: ThreadPool, results: WorkQueue<RunEvent | ResultBatch>) {
    this.#pool = pool;
    this.#results = results;
    this.#load = new Array<number>(pool.size).fill(0);
  }

  /** A bucket to be fitted. */
  add(bucket: Bucket): void {
    this.#waiting.push(bucket);
  }

  /** No further bucket will be added: results end when the last one is answered. */
  finish(): void {
    this.#expectsMore = false;
    // Ascending, because the last is taken first.
    this.#waiting.sort((a, b) => a.rowCount - b.rowCount);
    this.advance();
    this.#closeIfDone();
  }

  /** Hands out what can be handed out now. */
  advance(): void {
    while (this.#waiting.length > 0 && this.#results.length < WAITING_RESULTS) {
      const load = Math.min(...this.#load);
      if (load >= TASKS_PER_WORKER) return;
      this.#start(this.#waiting.pop()!, this.#load.indexOf(load));
    }
  }

  /** A worker's answer. */
  answer(worker: number, batch: ResultBatch): void {
    this.#load[worker]!--;
    const atMs = Date.now();
    const { task, attempt } = batch;
    const durationMs = atMs - this.#startedAtMs.get(task)!;
    this.#startedAtMs.delete(task);
    this.#results.push(batch);
    this.#results.push({
      type: "task.finished",
      atMs,
      task,
      worker,
      attempt,
      durationMs,
      counts: countStates(batch),
    });
    this.advance();
    this.#closeIfDone();
  }

  #start(bucket: Bucket, worker: number): void {
    const task = this.#nextTask++;
    const atMs = Date.now();
    this.#load[worker]!++;
    this.#startedAtMs.set(task, atMs);
    const partitions = bucket.partitionRows.length;
    const rows = bucket.rowCount;
    this.#results.push({ type: "task.started", atMs, task, worker, attempt: 0, partitions, rows });
    this.#pool.send(worker, { type: "data", task, attempt: 0, bucket });
  }

  #closeIfDone(): void {
    if (!this.#expectsMore && this.#startedAtMs.size === 0 && this.#waiting.length === 0)
      this.#results.close();
  }
}
