import { KEPT_OUTPUT } from "../../worker/output-limit.ts";

/** Keeps a chatty trainer from filling the event log: what it prints beyond a limit is cut, and that is said once. */
export class LogLimit {
  readonly #printed = new Map<number | null, number>();

  /** What is kept of a text that was printed while a partition (null: none) was at work; empty when nothing is. */
  cut(partition: number | null, text: string): string {
    const before = this.#printed.get(partition) ?? 0;
    if (before > KEPT_OUTPUT) return "";
    this.#printed.set(partition, before + text.length);
    if (before + text.length <= KEPT_OUTPUT) return text;
    return `${text.slice(0, KEPT_OUTPUT - before)}\n… more was printed, and is not kept\n`;
  }
}
