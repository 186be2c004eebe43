// For users: train, look at runs.
export { type ErrorCode, ManyfitError } from "./errors.ts";
export type { ColumnType, JsonValue, TrainerSpec } from "./job/job.ts";
export type { KeyField, KeyType, KeyValue } from "./key/key-type.ts";
export type { NamedPartition, Plan, RowSpread } from "./plan.ts";
export { FIT_STATES, type FitState, SKIP_REASONS, type SkipReason } from "./run/fit-state.ts";
export type { Phase, RunEvent, StateCounts } from "./run/run-event.ts";
export {
  answeredCount,
  foldEvent,
  INITIAL_RUN_STATE,
  type PhaseProgress,
  type RunState,
} from "./run/run-state.ts";
export type { ArtifactFile, Manifest, ReadFile, RunCounts, RunEnvironment } from "./store/manifest.ts";
export { type OpenedRun, openRun } from "./store/open-run.ts";
export { type ListedRun, listRuns, resolveRun } from "./store/run-folder.ts";
export { plan, train } from "./train.ts";
export type { PartitioningOptions, TrainOptions } from "./train-options.ts";
export { type LinearRegressionParams, linearRegression } from "./trainer/linear-regression.ts";
export { VERSION } from "./version.ts";
