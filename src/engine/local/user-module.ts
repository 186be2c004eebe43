import type { TrainerBundle } from "../../bundle/bundle-trainer.ts";
import type { TrainerDescription } from "../../job/trainer-description.ts";
import type { WorkerTrainer } from "../../protocol/message.ts";
import type { Field } from "../../table/field.ts";
import type { ModuleContext } from "../../trainer/module-trainer.ts";
import type { PredictingTrainer, Trainer } from "../../trainer/trainer.ts";

/** A trainer of the user's, in whatever language, as what workers run. */
export interface UserModule {
  readonly bundle: TrainerBundle;
  /** What workers are told of it, once it was described. */
  worker(): Exclude<WorkerTrainer, { readonly kind: "estimator" }>;
  /**
   * What the trainer says of itself, asked in a process of its own, or here where there are no workers. When the signal
   * is aborted its reason is thrown, and the process ended; here what waits is not waited for.
   * @throws ManyfitError `trainer_invalid`, `invalid_option` or `unknown_column` where something is wrong with it.
   */
  describe(schema: readonly Field[], signal: AbortSignal): Promise<TrainerDescription>;
  /** The trainer in the caller's thread. */
  trainer(context: ModuleContext): Promise<Trainer | PredictingTrainer>;
  /** Removes the file. */
  close(): Promise<void>;
}
