import { type Cell, type MadeRun, type Outcome, unfitted } from "./made-run.ts";

/** The run, in which now 3, 4 and 14 are skipped, and 6 failed, 8 timed out, 9 lost. */
export function withFailures(run: MadeRun): MadeRun {
  const outcomes = run.outcomes.map((outcome, i): Outcome => {
    if (i === 3) return unfitted(outcome, { state: "skipped", reason: "no_rows" });
    if (i === 4 || i === 14) return unfitted(outcome, { state: "skipped", reason: "too_few_rows" });
    if (i === 6) {
      const error = { code: "invalid_weight", message: "weight -1", stack: "at fit" };
      return unfitted(outcome, { state: "failed", error });
    }
    if (i === 8)
      return unfitted(outcome, {
        state: "timed_out",
        error: { code: "timed_out", message: "30 s", stack: null },
      });
    if (i !== 9) return outcome;
    const error = { code: "worker_died", message: "the worker died", stack: null };
    return unfitted(outcome, { state: "lost", rowsUsed: null, error });
  });
  return { ...run, outcomes };
}

/** The numbers with one of them a bit larger. */
export function nextUp(cells: readonly Cell[], index: number): Cell[] {
  const bits = new BigInt64Array(Float64Array.of(cells[index]!).buffer);
  bits[0]! += 1n;
  return cells.with(index, new Float64Array(bits.buffer)[0]!);
}

/** The numbers with one of them NULL. */
export function withNull(cells: readonly Cell[], index: number): Cell[] {
  return cells.with(index, null);
}

/** The numbers below `length` in an order that only `seed` decides. */
export function shuffled(length: number, seed: number): number[] {
  const order = Array.from({ length }, (_, i) => i);
  let state = seed >>> 0;
  for (let i = length - 1; i > 0; i--) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const other = state % (i + 1);
    [order[i], order[other]] = [order[other]!, order[i]!];
  }
  return order;
}
