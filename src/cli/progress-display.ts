import type { RunEvent } from "../index.ts";
import type { Output } from "./output.ts";
import { progressLine, progressLogLine } from "./progress-line.ts";
import { foldProgress, INITIAL_PROGRESS, type ProgressState } from "./progress-state.ts";

/** Milliseconds between two drawings of the live line, and between two lines of a log. */
const DRAW_MS = 100;
const LOG_MS = 5000;

/** Back to the beginning of the line, and its rest cleared. */
const REDRAW = "\r";
const CLEAR = "\u001b[K";

/** What shows a run while it lives. */
export interface ProgressDisplay {
  /** One more event of the run. */
  add(event: RunEvent): void;
  /** Writes whole lines of another kind between the progress. */
  interject(lines: string): void;
  /** Nothing is drawn any more; the live line is gone. */
  close(): void;
  /** What the events said so far. */
  readonly state: ProgressState;
}

/** A display for an output: one live line on a terminal, lines on anything else. `isQuiet` shows nothing. */
export function createProgressDisplay(output: Output, isQuiet: boolean): ProgressDisplay {
  if (isQuiet) return new FoldOnly();
  return output.canRedraw ? new LiveLine(output) : new LogLines(output);
}

class FoldOnly implements ProgressDisplay {
  state: ProgressState = INITIAL_PROGRESS;

  add(event: RunEvent): void {
    this.state = foldProgress(this.state, event);
  }

  interject(_lines: string): void {}

  close(): void {}
}

/** Written to from timers and events, where nobody waits: that nobody reads either is found out by the results. */
function writeFreely(output: Output, text: string): void {
  output.write(text).catch(() => undefined);
}

class LiveLine extends FoldOnly {
  readonly #output: Output;
  readonly #timer: NodeJS.Timeout;
  #drawn = "";

  constructor(output: Output) {
    super();
    this.#output = output;
    this.#timer = setInterval(() => this.#draw(), DRAW_MS).unref();
  }

  override interject(lines: string): void {
    this.#clear();
    writeFreely(this.#output, lines);
  }

  override close(): void {
    clearInterval(this.#timer);
    this.#clear();
  }

  #clear(): void {
    if (this.#drawn !== "") writeFreely(this.#output, REDRAW + CLEAR);
    this.#drawn = "";
  }

  #draw(): void {
    // A line that reaches the last cell makes some terminals begin the next one.
    const width = this.#output.width() - 1;
    const line = progressLine(this.state, { nowMs: Date.now(), width, style: this.#output.style });
    if (line === this.#drawn) return;
    this.#drawn = line;
    writeFreely(this.#output, REDRAW + line + CLEAR);
  }
}

class LogLines extends FoldOnly {
  readonly #output: Output;
  readonly #timer: NodeJS.Timeout;

  constructor(output: Output) {
    super();
    this.#output = output;
    this.#timer = setInterval(() => this.#log(), LOG_MS).unref();
  }

  override add(event: RunEvent): void {
    super.add(event);
    if (event.type !== "phase.started") return;
    this.#timer.refresh();
    this.#log();
  }

  override interject(lines: string): void {
    writeFreely(this.#output, lines);
  }

  override close(): void {
    clearInterval(this.#timer);
  }

  #log(): void {
    const line = progressLogLine(this.state, Date.now());
    if (line !== "") writeFreely(this.#output, `${line}\n`);
  }
}
