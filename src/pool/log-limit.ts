import { KEPT_OUTPUT } from "../worker/output-limit.ts";

/** Partitions whose output is counted: far more than are at work at a time, and few beside a million. */
const COUNTED_PARTITIONS = 4096;

/** Keeps a chatty trainer from filling the event log: what it prints beyond a limit is cut, and that is said once. */
export class LogLimit {
  /** Characters by partition, those that printed first in front. */
  readonly #printed = new Map<number, number>();
  #printedOutside = 0;

  /** What is kept of a text that was printed while a partition (null: none) was at work; empty when nothing is. */
  cut(partition: number | null, text: string): string {
    const before = partition === null ? this.#printedOutside : (this.#printed.get(partition) ?? 0);
    if (before > KEPT_OUTPUT) return "";
    this.#count(partition, before + text.length);
    if (before + text.length <= KEPT_OUTPUT) return text;
    return `${text.slice(0, KEPT_OUTPUT - before)}\n… more was printed, and is not kept\n`;
  }

  #count(partition: number | null, printed: number): void {
    if (partition === null) {
      this.#printedOutside = printed;
      return;
    }
    this.#printed.set(partition, printed);
    if (this.#printed.size > COUNTED_PARTITIONS) this.#printed.delete(this.#printed.keys().next().value!);
  }
}
