import type { ResultBatch } from "./result-batch.ts";
import type { RunEvent } from "./run-event.ts";

/** Milliseconds between two events of progress. */
const EVERY_MS = 250;

/** Tells, now and then, how many partitions are answered: tasks may be long, and their ends few. */
export class FitProgress {
  #done = 0;
  #rows = 0;
  #toldAtMs = Number.NEGATIVE_INFINITY;

  /** One more batch of results, which came at `atMs`; the event when it is time for one. */
  add({ partition, rowsRead }: ResultBatch, atMs: number): RunEvent | null {
    this.#done += partition.length;
    for (const rows of rowsRead) if (!Number.isNaN(rows)) this.#rows += rows;
    if (atMs - this.#toldAtMs < EVERY_MS) return null;
    this.#toldAtMs = atMs;
    return { type: "phase.progressed", atMs, phase: "fitting", done: this.#done, rows: this.#rows };
  }
}
