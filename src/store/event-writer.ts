import { appendFile, truncate } from "node:fs/promises";
import { eventLine } from "../run/event-log.ts";
import type { RunEvent } from "../run/run-event.ts";
import { SerialQueue } from "./serial-queue.ts";

/** For how long an event may wait for others: a reader of the file is at most that far behind. */
const DELAY_MS = 250;

/** Writes the events of a run to a new file. They are a log: nothing of a run depends on them. */
export class EventWriter {
  readonly #path: string;
  readonly #queue = new SerialQueue();
  #waiting: string[] = [];
  #writtenBytes = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** Takes an event; it is written soon, or at the next {@link flush}. */
  add(event: RunEvent): void {
    this.#waiting.push(eventLine(event));
    // A failure shows itself again at the flush, where there is somebody to tell.
    this.#timer ??= setTimeout(() => this.flush().catch(() => undefined), DELAY_MS).unref();
  }

  /** Writes what waits. Rejects with the system's error; the events stay and are tried again at the next flush. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    return this.#queue.run(async () => {
      const lines = this.#waiting;
      if (lines.length === 0) return;
      this.#waiting = [];
      try {
        const text = lines.join("");
        await appendFile(this.#path, text);
        this.#writtenBytes += Buffer.byteLength(text);
      } catch (error) {
        // Half a line would make the file unreadable; where even this fails, the line has no end and is passed over.
        await truncate(this.#path, this.#writtenBytes).catch(() => undefined);
        this.#waiting = [...lines, ...this.#waiting];
        throw error;
      }
    });
  }
}
