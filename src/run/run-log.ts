import { quietListener } from "./quiet-listener.ts";
import type { Phase, RunEvent } from "./run-event.ts";

/** Where events are kept. */
export interface EventSink {
  recordEvent(event: RunEvent): void;
}

/** Passes a run's events on as they happen, and keeps those that came before there was a folder to keep them in. */
export class RunLog {
  readonly #listener: (event: RunEvent) => void;
  readonly #early: RunEvent[] = [];
  readonly #phases: { readonly phase: Phase; readonly startedAtMs: number }[] = [];
  #sink: EventSink | null = null;
  #hasEnded = false;

  constructor(listener?: (event: RunEvent) => void) {
    this.#listener = quietListener(listener);
  }

  /** When the first event happened, in milliseconds since 1970. */
  startedAtMs = 0;

  /** One more event. What the listener throws is ignored, and so is what happens behind the end of the run. */
  add(event: RunEvent): void {
    if (this.#hasEnded) return;
    this.#hasEnded = event.type === "run.committed" || event.type === "run.stopped";
    if (event.type === "run.started") this.startedAtMs = event.atMs;
    if (event.type === "phase.started") this.#phases.push({ phase: event.phase, startedAtMs: event.atMs });
    // The manifest says it, and it is said only once the log has ended.
    if (event.type !== "run.committed") {
      if (this.#sink === null) this.#early.push(event);
      else this.#sink.recordEvent(event);
    }
    this.#listener(event);
  }

  /** From now on events are kept there, the earlier ones first. */
  attach(sink: EventSink): void {
    this.#sink = sink;
    for (const event of this.#early.splice(0)) sink.recordEvent(event);
  }

  /** How long each phase took that ended because another began, in milliseconds. */
  phaseMs(): Partial<Record<Phase, number>> {
    const durations: Partial<Record<Phase, number>> = {};
    for (const [i, { phase, startedAtMs }] of this.#phases.entries()) {
      const next = this.#phases[i + 1];
      if (next) durations[phase] = (durations[phase] ?? 0) + next.startedAtMs - startedAtMs;
    }
    return durations;
  }
}
