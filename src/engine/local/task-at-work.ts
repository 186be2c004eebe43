import { ManyfitError } from "../../errors.ts";
import { countStates, type ResultBatch } from "../../run/result-batch.ts";
import { NO_COUNTS, type StateCounts } from "../../run/run-event.ts";
import { addCounts } from "../../run/run-state.ts";
import { partitionAt, type TaskRange } from "./task-range.ts";

/** What a worker that died leaves of its task, as positions in the work. */
export interface Leftover {
  /** The partition that was at work; null where none was. */
  readonly suspect: number | null;
  /** All other partitions without an answer, in runs `from .. to` (exclusive). */
  readonly rest: readonly { readonly from: number; readonly to: number }[];
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
  #begun: number | null = null;

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

  /** The worker began a partition. */
  begin(partition: number): void {
    this.#begun = this.#indexOf(partition);
  }

  /** The worker sent results. */
  answer(batch: ResultBatch): void {
    for (const partition of batch.partition) this.#take(partition);
    this.counts = addCounts(this.counts, countStates(batch));
  }

  /** The worker predicted the rows of a partition. */
  predict(partition: number): void {
    this.#take(partition);
  }

  /** The worker has nothing more to say: of what is left there is nothing to predict. */
  endScoring(): void {
    this.#isAnswered.fill(1);
    this.#unanswered = 0;
  }

  /** The worker leaves a partition to others; gives its position in the work. */
  decline(partition: number): number {
    return this.#take(partition);
  }

  /** What is left if the worker is dead now. */
  leftover(): Leftover {
    const { from, to } = this.range;
    const suspect = this.#begun !== null && !this.#has(this.#begun) ? this.#begun : null;
    const rest: { from: number; to: number }[] = [];
    for (let index = from; index < to; index++) {
      if (index === suspect || this.#has(index)) continue;
      const last = rest.at(-1);
      if (last?.to === index) last.to++;
      else rest.push({ from: index, to: index + 1 });
    }
    return { suspect, rest };
  }

  #has(index: number): boolean {
    return this.#isAnswered[index - this.range.from] === 1;
  }

  #take(partition: number): number {
    const index = this.#indexOf(partition);
    if (this.#has(index)) throw this.#notAsked(`answered partition ${partition} twice`);
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
