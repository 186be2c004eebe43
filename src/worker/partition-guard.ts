import { AsyncLocalStorage } from "node:async_hooks";
import { types } from "node:util";
import type { RowPolicy } from "../job/policy.ts";
import { countRows } from "../trainer/select-rows.ts";
import type { PredictingTrainer, Trainer } from "../trainer/trainer.ts";
import { userFailure } from "../trainer/user-failure.ts";
import type { UserFrames } from "../trainer/user-frames.ts";

/** One call of a trainer: how it is made to fail by an error that was thrown where nobody could catch it. */
interface Turn {
  readonly fail: (thrown: unknown) => void;
}

/**
 * Brings errors that nobody caught to the partition whose code threw them: those of timers, of callbacks, and of
 * promises that nobody awaits. Which partition that is, is known through everything that its fit started.
 *
 * A partition that is still at work fails by it, and its fit is not awaited any longer. One that was answered already
 * stays as it was answered, so that no result depends on who was faster; nor does another partition fail by it. Where
 * the origin is not known, the partition at work fails.
 */
export class PartitionGuard {
  readonly #turns = new AsyncLocalStorage<Turn>();
  #current: Turn | null = null;

  /**
   * The trainer, whose fits and predictions fail by such errors; `frames` finds the user's own in their stacks, and
   * failures count rows by the row policy.
   */
  wrap(
    trainer: Trainer | PredictingTrainer,
    frames: UserFrames,
    rowPolicy: RowPolicy,
  ): Trainer | PredictingTrainer {
    const failureOf = (thrown: unknown) => ({ code: "trainer_threw", ...userFailure(thrown, frames) });
    const { resultSchema, minRows } = trainer;
    const fitting: Trainer = {
      resultSchema,
      minRows,
      fitPartition: (rows, keyBytes) =>
        this.#guarded(
          () => trainer.fitPartition(rows, keyBytes),
          (thrown) => ({ state: "failed", ...failureOf(thrown), ...countRows(rows, rowPolicy) }),
        ),
    };
    if (!("predictPartition" in trainer)) return fitting;
    return {
      ...fitting,
      predictPartition: async (rows, keyBytes, model) =>
        this.#guarded(
          () => trainer.predictPartition(rows, keyBytes, model),
          (thrown) => ({ failure: failureOf(thrown) }),
        ),
    };
  }

  /** Takes an error that nobody caught; false where no partition failed by it. */
  take(thrown: unknown): boolean {
    const turn = this.#turns.getStore() ?? this.#current;
    if (turn === null || turn !== this.#current) return false;
    turn.fail(thrown);
    return true;
  }

  #guarded<T>(call: () => T | Promise<T>, failureBy: (thrown: unknown) => T): T | Promise<T> {
    let fail: Turn["fail"] = () => undefined;
    const failure = new Promise<T>((settle) => {
      fail = (thrown) => settle(failureBy(thrown));
    });
    const turn: Turn = { fail };
    const result = this.#turns.run(turn, call);
    if (!types.isPromise(result)) return result;
    this.#current = turn;
    return Promise.race([result, failure]).finally(() => {
      this.#current = null;
    });
  }
}
