import type { PredictPhase } from "../index.ts";
import { formatQuantity } from "./format-number.ts";
import { formatDuration } from "./format-unit.ts";
import type { Output } from "./output.ts";

/** Milliseconds between two drawings of the live line. */
const DRAW_MS = 100;

/** Back to the beginning of the line, and its rest cleared. */
const REDRAW = "\r";
const CLEAR = "\u001b[K";

/** What shows a prediction while it is made. */
export interface PredictDisplay {
  /** A phase begins; `rows` is null where their number is not known yet. */
  phase(phase: PredictPhase, rows: number | null): void;
  /** Writes text of another kind between. */
  interject(text: string): void;
  /** Nothing is drawn any more; the live line is gone. */
  close(): void;
}

/**
 * A display for an output: on a terminal one line that says what is being done and for how long, on anything else a
 * line per phase. `isQuiet` shows nothing.
 */
export function createPredictDisplay(output: Output, isQuiet: boolean): PredictDisplay {
  if (isQuiet) return { phase: () => undefined, interject: () => undefined, close: () => undefined };
  if (!output.canRedraw) {
    return {
      phase: (phase, rows) => writeFreely(output, `${phaseText(phase, rows)}\n`),
      interject: (text) => writeFreely(output, text),
      close: () => undefined,
    };
  }
  return new LiveLine(output);
}

/** Written to from timers, where nobody waits: that nobody reads either is found out by the result. */
function writeFreely(output: Output, text: string): void {
  output.write(text).catch(() => undefined);
}

function phaseText(phase: PredictPhase, rows: number | null): string {
  return rows === null ? phase : `${phase} ${formatQuantity(rows, "row")}`;
}

class LiveLine implements PredictDisplay {
  readonly #output: Output;
  readonly #timer: NodeJS.Timeout;
  readonly #startedAtMs = performance.now();
  #text = "";
  #isDrawn = false;

  constructor(output: Output) {
    this.#output = output;
    this.#timer = setInterval(() => this.#draw(), DRAW_MS).unref();
  }

  phase(phase: PredictPhase, rows: number | null): void {
    this.#text = phaseText(phase, rows);
  }

  interject(text: string): void {
    this.#clear();
    writeFreely(this.#output, text);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#clear();
  }

  #clear(): void {
    if (this.#isDrawn) writeFreely(this.#output, REDRAW + CLEAR);
    this.#isDrawn = false;
  }

  #draw(): void {
    this.#isDrawn = true;
    const time = formatDuration(performance.now() - this.#startedAtMs);
    // A line that reaches the last cell makes some terminals begin the next one.
    const line = `${this.#text}  ${time}`.slice(0, this.#output.width() - 1);
    writeFreely(this.#output, REDRAW + line + CLEAR);
  }
}
