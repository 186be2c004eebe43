/** Characters that are kept of what is printed while one partition is at work, and of what is printed outside of all. */
export const KEPT_OUTPUT = 16_384;

/** Characters at the end of what was written to standard error that are told all the same: they may be last words. */
const TAIL = 2_000;

/** Milliseconds between two tellings of a tail. */
const TAIL_EVERY_MS = 50;

/** What was printed, and whether a partition was at work. */
export interface Printed {
  readonly stream: "stdout" | "stderr";
  readonly text: string;
  /** Not of the partition at work, though one may be. */
  readonly isOutside?: boolean;
}

/**
 * Keeps a chatty trainer from slowing its run down: what it prints beyond {@link KEPT_OUTPUT} characters for one partition
 * goes nowhere, and costs next to nothing. One character more is told, from which the engine knows that there was more. Of
 * standard error the newest {@link TAIL} characters are told now and then, because the process may die of what they say.
 */
export class OutputLimit {
  readonly #tell: (printed: Printed) => void;
  #printed = 0;
  #printedOutside = 0;
  #tail = "";
  #toldTailAt = Number.NEGATIVE_INFINITY;

  /** `tell` is called with what is to be told. */
  constructor(tell: (printed: Printed) => void) {
    this.#tell = tell;
  }

  /** Something was printed. */
  print(printed: Printed): void {
    const { stream, text, isOutside = false } = printed;
    const before = isOutside ? this.#printedOutside : this.#printed;
    if (isOutside) this.#printedOutside += text.length;
    else this.#printed += text.length;
    const room = KEPT_OUTPUT + 1 - before;
    if (text.length <= room) {
      this.#tell(printed);
      return;
    }
    if (room > 0) this.#tell({ ...printed, text: text.slice(0, room) });
    if (stream === "stdout") return;
    this.#tail = (this.#tail + text.slice(Math.max(room, 0)).slice(-TAIL)).slice(-TAIL);
    if (performance.now() - this.#toldTailAt >= TAIL_EVERY_MS) this.tellTail();
  }

  /** Tells the end of standard error that was not told yet. */
  tellTail(): void {
    this.#toldTailAt = performance.now();
    if (this.#tail === "") return;
    const text = this.#tail;
    this.#tail = "";
    this.#tell({ stream: "stderr", text });
  }

  /** Another partition's turn has come, with a limit of its own. To be called before anything else of it is told. */
  beginPartition(): void {
    if (this.#tail !== "") this.tellTail();
    this.#printed = 0;
  }
}
