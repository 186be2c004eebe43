import type { TrainerBundle } from "../bundle/bundle-trainer.ts";
import type { TrainerColumns } from "../job/resolved-job.ts";
import type { TrainerDescription } from "../job/trainer-description.ts";
import type { PythonReserve } from "../pool/python-reserve.ts";
import type { LoadLimit } from "../pool/worker-options.ts";
import type { WorkerTrainer } from "../protocol/message.ts";
import type { Field } from "../table/field.ts";
import type { ModuleContext } from "../trainer/module-trainer.ts";
import type { PredictingTrainer, Trainer } from "../trainer/trainer.ts";

/** A trainer of the user's, in whatever language, as what workers run. */
export interface UserModule {
  readonly bundle: TrainerBundle;
  readonly loading: LoadLimit;
  /** What workers are told of it, once it was described. */
  worker(): Exclude<WorkerTrainer, { readonly kind: "estimator" }>;
  /**
   * What the trainer says of itself, asked in a process of its own, or here where there are no workers. When the signal
   * is aborted its reason is thrown, and the process ended; here what waits is not waited for. A class is told the parts that
   * columns play; modules say themselves which they read. There is work for `mostWorkers` at most (default: for any number).
   * @throws ManyfitError `trainer_invalid`, `invalid_option` or `unknown_column` where something is wrong with it.
   */
  describe(
    schema: readonly Field[],
    signal: AbortSignal,
    parts: TrainerColumns | null,
    mostWorkers?: number,
  ): Promise<TrainerDescription>;
  /** Python children that were started to be workers when it was described; null where there are none. */
  readonly reserve: PythonReserve | null;
  /** The trainer in the caller's thread; null where it always runs in processes, of which there is one at least. */
  readonly trainer: ((context: ModuleContext) => Promise<Trainer | PredictingTrainer>) | null;
  /** Removes the file. */
  close(): Promise<void>;
}
