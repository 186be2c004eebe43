import type { Connection } from "../../duckdb/duckdb.ts";
import type { RunEvent } from "../../run/run-event.ts";

/** Milliseconds between two events. */
const EVERY_MS = 250;

/** Tells how far the reading of a source is while its queries run, in percent, never less than before. */
export class ReadingProgress {
  readonly #connection: Connection;
  readonly #report: (event: RunEvent) => void;
  readonly #timer: NodeJS.Timeout;
  #from = 0;
  #to = 0;
  #told = 0;

  /** Must be closed. */
  constructor(connection: Connection, report: (event: RunEvent) => void) {
    this.#connection = connection;
    this.#report = report;
    this.#timer = setInterval(() => this.#tell(), EVERY_MS).unref();
  }

  /** From now on a step runs that is this part of the whole, both in percent. */
  step(from: number, to: number): void {
    this.#from = from;
    this.#to = to;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #tell(): void {
    const share = this.#connection.progress() ?? 0;
    const done = Math.floor(this.#from + share * (this.#to - this.#from));
    if (done <= this.#told) return;
    this.#told = done;
    this.#report({ type: "phase.progressed", atMs: Date.now(), phase: "reading", done });
  }
}
