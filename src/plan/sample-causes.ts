import { FIT_STATES, SKIP_REASONS } from "../run/fit-state.ts";
import { messagePattern } from "../run/message-pattern.ts";
import { countStates, type ResultBatch } from "../run/result-batch.ts";
import { NO_COUNTS, type StateCounts } from "../run/run-event.ts";
import { addCounts } from "../run/run-state.ts";
import type { SampledCause } from "./forecast.ts";

/** Keys that stand for a cause. */
const EXAMPLES = 3;

/** How many partitions of a sample are in each state. */
export function sampleCounts(batches: readonly ResultBatch[]): StateCounts {
  return batches.reduce((counts, batch) => addCounts(counts, countStates(batch)), NO_COUNTS);
}

/**
 * Why partitions of a sample were not fitted, the most frequent cause first: errors are one cause when they have the same
 * code and their messages differ in numbers and paths alone. `keyOf` gives the key of a partition as text for people.
 */
export function sampleCauses(
  batches: readonly ResultBatch[],
  keyOf: (partition: number) => string,
): SampledCause[] {
  const causes = new Map<string, { cause: SampledCause; partitions: number[] }>();
  for (const batch of batches) {
    const errors = new Map(batch.errors.map((error) => [error.row, error]));
    for (const [row, partition] of batch.partition.entries()) {
      const state = FIT_STATES[batch.state[row]!]!;
      if (state === "fitted") continue;
      const error = errors.get(row);
      const code = error?.code ?? SKIP_REASONS[batch.reason[row]!] ?? "";
      const message = error?.message ?? "";
      const id = JSON.stringify([state, code, messagePattern(message)]);
      const known = causes.get(id);
      if (known !== undefined) known.partitions.push(partition);
      else {
        const cause = { state, code, message, partitions: 0, examples: [] };
        causes.set(id, { cause, partitions: [partition] });
      }
    }
  }
  return [...causes.values()]
    .map(({ cause, partitions }) => ({
      ...cause,
      partitions: partitions.length,
      examples: partitions
        .sort((a, b) => a - b)
        .slice(0, EXAMPLES)
        .map(keyOf),
    }))
    .sort((a, b) => b.partitions - a.partitions);
}
