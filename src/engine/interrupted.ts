import { ManyfitError } from "../errors.ts";

/** All items, or the error `interrupted` behind them where the signal was aborted. */
export async function* allOrInterrupted<T>(
  items: AsyncGenerator<T, void, undefined>,
  signal: AbortSignal,
): AsyncGenerator<T, void, undefined> {
  yield* items;
  if (signal.aborted) throw new ManyfitError("interrupted", "run was interrupted");
}

/** What an error means once the signal is known: whatever fails after an abort failed because of it. */
export function interruptedOr(error: unknown, signal: AbortSignal): unknown {
  return signal.aborted ? new ManyfitError("interrupted", "run was interrupted", { cause: error }) : error;
}
