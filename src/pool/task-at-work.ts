import { ManyfitError } from "../errors.ts";
import { keyAt } from "../key/key-list.ts";
import { countStates, type ResultBatch } from "../run/result-batch.ts";
import { NO_COUNTS, type StateCounts } from "../run/run-event.ts";
import { addCounts } from "../run/run-state.ts";
import { partitionAt, type TaskRange } from "./task-range.ts";

/** Positions `from .. to` (exclusive) in a work. */
export interface Run {
  readonly from: number;
  readonly to: number;
}

/** A partition that a worker has begun. */
export interface FitAtWork {
  readonly partition: number;
  /** Milliseconds since 1970. */
  readonly startedAtMs: number;
  /** What the clock showed by which its time is measured. */
  readonly begunAtMs: number;
}

/** A task that a worker has: which of its partitions were answered, and which was begun last. */
export class TaskAtWork {
  readonly range: TaskRange;
  /** Milliseconds since 1970 at which the worker turned to it. */
  readonly startedAtMs: number;
  /** States of the partitions with results. */
  counts: StateCounts = NO_COUNTS;
  /** Position in the work by partition; null for buckets, whose partitions are neighbours. */
  readonly #indexOfFile: ReadonlyMap<number, number> | null;
  /** For each partition of the range, 1 when it was answered. */
  readonly #isAnswered: Uint8Array;
  #unanswered: number;
  #begun: { readonly index: number; readonly fit: FitAtWork } | null = null;

  constructor(range: TaskRange, startedAtMs: number) {
    const { work, from, to } = range;
    this.range = range;
    this.startedAtMs = startedAtMs;
    this.#indexOfFile =
      work.kind === "files" ? new Map(work.files.map(({ partition }, index) => [partition, index])) : null;
    this.#isAnswered = new Uint8Array(to - from);
    this.#unanswered = to - from;
  }

  /** Partitions without an answer. */
  get unansweredCount(): number {
    return this.#unanswered;
  }

  /** Whether any partition was answered. */
  get hasAnswer(): boolean {
    return this.#unanswered < this.#isAnswered.length;
  }

  /** Position in the work of the partition that is at work; null where none is. */
  get suspect(): number | null {
    return this.#begun === null || this.#has(this.#begun.index) ? null : this.#begun.index;
  }

  /** The partition that is at work; null where none is. */
  get fit(): FitAtWork | null {
    return this.suspect === null ? null : this.#begun!.fit;
  }

  /** The worker began a partition; `begunAtMs` is what the clock shows. */
  begin(partition: number, begunAtMs: number): void {
    const fit = { partition, startedAtMs: Date.now(), begunAtMs };
    this.#begun = { index: this.#indexOf(partition), fit };
  }

  /** The worker sent results, of which all are taken or, where it throws, none. */
  answer(batch: ResultBatch): void {
    let last = -1;
    for (const partition of batch.partition) {
      const index = this.#unansweredIndexOf(partition);
      if (index <= last) throw this.#notAsked(`answered partition ${partition} twice, or out of turn`);
      last = index;
    }
    for (const partition of batch.partition) this.#take(partition);
    this.counts = addCounts(this.counts, countStates(batch));
  }

  /** The worker predicted the rows of a partition. */
  predict(partition: number): void {
    this.#take(partition);
  }

  /** The worker has nothing more to say: of partitions without rows there is nothing to predict. */
  endScoring(): void {
    const { work, from, to } = this.range;
    if (work.kind !== "score") throw this.#notAsked("was asked to fit, and says it has predicted");
    for (let index = from; index < to; index++) {
      if (work.bucket.partitionRows[index] === 0 && !this.#has(index)) this.#take(partitionAt(work, index));
    }
  }

  /** The worker leaves a partition to others; gives its position in the work. */
  decline(partition: number): number {
    return this.#take(partition);
  }

  /** Canonical key bytes of a partition of the task; null where its trainer does not see keys. */
  keyOf(partition: number): Uint8Array | null {
    const { keys } = this.range.work;
    return keys === null ? null : keyAt(keys, this.#indexOf(partition));
  }

  /** All partitions without an answer in runs, but for the one at a position. */
  unanswered(except: number | null): readonly Run[] {
    const { from, to } = this.range;
    const runs: { from: number; to: number }[] = [];
    for (let index = from; index < to; index++) {
      if (index === except || this.#has(index)) continue;
      const last = runs.at(-1);
      if (last?.to === index) last.to++;
      else runs.push({ from: index, to: index + 1 });
    }
    return runs;
  }

  #has(index: number): boolean {
    return this.#isAnswered[index - this.range.from] === 1;
  }

  #unansweredIndexOf(partition: number): number {
    const index = this.#indexOf(partition);
    if (this.#has(index)) throw this.#notAsked(`answered partition ${partition} twice`);
    return index;
  }

  #take(partition: number): number {
    const index = this.#unansweredIndexOf(partition);
    this.#isAnswered[index - this.range.from] = 1;
    this.#unanswered--;
    return index;
  }

  #indexOf(partition: number): number {
    const { work, from, to } = this.range;
    const index = this.#indexOfFile ? this.#indexOfFile.get(partition) : partition - partitionAt(work, 0);
    if (index !== undefined && index >= from && index < to) return index;
    throw this.#notAsked(`answered partition ${partition}, which is not in it`);
  }

  #notAsked(what: string): ManyfitError {
    return new ManyfitError("worker_failed", `worker with task ${this.range.task} ${what}`);
  }
}
