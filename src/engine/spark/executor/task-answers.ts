import type { Happening } from "../../../pool/dispatcher.ts";

/**
 * Follows what happens to one bucket until all is told: every partition is answered, and every task that was made of it,
 * which are several where a worker died, has ended.
 */
export class TaskAnswers {
  #unanswered: number;
  /** Tasks that have begun and not ended. */
  readonly #open = new Set<number>();

  /** `partitions` is how many are to be answered. */
  constructor(partitions: number) {
    this.#unanswered = partitions;
  }

  /** Takes what happened; whether that was the last of it. */
  take(item: Happening): boolean {
    if (item.type === "result.batch") this.#unanswered -= item.partition.length;
    else if (item.type === "task.started") this.#open.add(item.task);
    else if (item.type === "task.finished" || item.type === "attempt.lost") this.#open.delete(item.task);
    return this.#unanswered === 0 && this.#open.size === 0;
  }
}
