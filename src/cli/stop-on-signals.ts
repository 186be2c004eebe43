import { EXIT } from "./report-error.ts";

/** What stops a command in good order. */
export interface Stop {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  /** Signals do again what they did before. */
  release(): void;
}

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/**
 * Turns Ctrl-C and `kill` into a stop in good order: the first aborts and calls `onStop`, the second ends the process
 * at once, as a person who asks twice wants it.
 */
export function stopOnSignals(onStop: () => void): Stop {
  const controller = new AbortController();
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    controller.abort();
    onStop();
  };
  for (const signal of SIGNALS) process.on(signal, stop);
  return {
    signal: controller.signal,
    release: () => {
      for (const signal of SIGNALS) process.off(signal, stop);
    },
  };
}
