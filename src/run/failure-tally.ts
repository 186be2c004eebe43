import { FIT_STATES, type FitState } from "./fit-state.ts";
import { messagePattern } from "./message-pattern.ts";
import type { Remark, ResultBatch } from "./result-batch.ts";
import { NO_COUNTS, type StateCounts } from "./run-event.ts";

/** States of partitions that a failure budget counts. */
export const FAILED_STATES = ["failed", "timed_out", "lost"] as const satisfies readonly FitState[];

/** Partitions that stand for a cause. */
const EXAMPLES = 3;

/** Causes that are told apart; partitions with later ones are counted together. */
const TOLD_CAUSES = 1000;

/** Partitions that failed in one way. */
export interface TalliedCause {
  readonly code: string;
  /** Of one of them. */
  readonly message: string;
  readonly partitions: number;
  /** Up to three of them, the first in key order of those so far. */
  readonly examples: readonly number[];
}

/** What failed in a run so far, the most frequent causes first; memory is bounded, whatever the messages are. */
export class FailureTally {
  readonly #causes = new Map<string, { -readonly [Name in keyof TalliedCause]: TalliedCause[Name] }>();
  #counts: StateCounts = NO_COUNTS;

  /** Takes the results of some partitions. */
  add(batch: ResultBatch): void {
    const counts = { ...this.#counts };
    const errors = new Map<number, Remark>();
    for (const error of batch.errors) if (!errors.has(error.row)) errors.set(error.row, error);
    for (const [row, code] of batch.state.entries()) {
      const state = FIT_STATES[code]!;
      counts[state]++;
      if (isFailed(state)) this.#addFailure(batch.partition[row]!, errors.get(row) ?? null);
    }
    this.#counts = counts;
  }

  /** Partitions so far by state. */
  get counts(): StateCounts {
    return this.#counts;
  }

  /** Partitions that failed, timed out or were lost so far. */
  get failed(): number {
    return FAILED_STATES.reduce((sum, state) => sum + this.#counts[state], 0);
  }

  /** The most frequent causes, at most so many. */
  causes(limit: number): TalliedCause[] {
    return [...this.#causes.values()].sort((a, b) => b.partitions - a.partitions).slice(0, limit);
  }

  #addFailure(partition: number, error: Remark | null): void {
    const [code, message] = error === null ? ["", ""] : [error.code, error.message];
    const name = `${code}\n${messagePattern(message)}`;
    const cause = this.#causes.get(name);
    if (cause !== undefined) {
      cause.partitions++;
      cause.examples = [...cause.examples, partition].sort((a, b) => a - b).slice(0, EXAMPLES);
    } else if (this.#causes.size < TOLD_CAUSES) {
      this.#causes.set(name, { code, message, partitions: 1, examples: [partition] });
    }
  }
}

function isFailed(state: FitState): boolean {
  return FAILED_STATES.some((failed) => failed === state);
}
