// For users: train, look at runs.

export { type DiagnoseOptions, type Diagnosis, diagnose } from "./doctor/diagnose.ts";
export type { Finding, Mend } from "./doctor/finding.ts";
export type { RowStream } from "./duckdb/duckdb.ts";
export type { JsonCell } from "./duckdb/json-cell.ts";
export type { EngineOption, SparkOptions } from "./engine-options.ts";
export { type ErrorCode, ManyfitError, type ManyfitErrorOptions } from "./errors.ts";
export type { ExportForm } from "./export/exported-models.ts";
export { type Exported, type ExportOptions, exportModels } from "./export-models.ts";
export type { Dialect, ToldDialect } from "./job/dialect.ts";
export { type FileOptions, type FileSource, files } from "./job/files.ts";
export type {
  ColumnType,
  EstimatorSpec,
  JsonValue,
  ModuleSpec,
  Params,
  Partitioning,
  SklearnSpec,
  SourceSpec,
  TrainerSpec,
} from "./job/job.ts";
export type { FailureBudget, Holdout, NullPolicy, Policy, RowPolicy } from "./job/policy.ts";
export type {
  ResolvedJob,
  SourceColumn,
  SourceFile,
  SourceFormat,
  TrainerColumns,
  TrainerModule,
} from "./job/resolved-job.ts";
export type { PythonEnvironment, PythonFacts, PythonSource } from "./job/trainer-description.ts";
export type { KeyField, KeyType, KeyValue } from "./key/key-type.ts";
export type { Forecast, SampledCause, TimeRange } from "./plan/forecast.ts";
export type { SizeBin, SizeSpread } from "./plan/sizes.ts";
export type { NamedPartition, Plan, PlanCluster, PlanMemory, PlanRules, SizeHistogram } from "./plan.ts";
export { type PlanOptions, plan } from "./plan-job.ts";
export type { PredictFailure } from "./predict/prediction-summary.ts";
export { type LeftOut, type Prediction, predict } from "./predict.ts";
export type { PredictOptions, PredictPhase, UnknownPolicy } from "./predict-options.ts";
export {
  type DonePoint,
  type EtaState,
  foldEta,
  INITIAL_ETA,
  type PlannedWork,
  remainingMs,
} from "./run/eta.ts";
export { FIT_STATES, type FitState, SKIP_REASONS, type SkipReason } from "./run/fit-state.ts";
export type { MetricField, ModelField, ResultSchema } from "./run/result-schema.ts";
export {
  EVENT_VERSION,
  PHASES,
  type Phase,
  type ProgressUnit,
  type RunEvent,
  SLOW_AFTER_MS,
  type StateCounts,
} from "./run/run-event.ts";
export {
  answeredCount,
  foldEvent,
  INITIAL_RUN_STATE,
  type PhaseProgress,
  type RunState,
  type SlowPartition,
} from "./run/run-state.ts";
export type { UnreadableFile } from "./run/unreadable-file.ts";
export type { FileProblem, FileProblems } from "./source/check-files.ts";
export type { RunStop } from "./store/event-tail.ts";
export type { JobFile, RunOrigin } from "./store/job-file.ts";
export type { LeftBehind, UncommittedStatus } from "./store/left-behind.ts";
export type { LockRecord } from "./store/lock.ts";
export type {
  ArtifactFile,
  Manifest,
  MetricsColumn,
  ReadFile,
  RunCluster,
  RunCounts,
  RunEnvironment,
  StoredKeyField,
} from "./store/manifest.ts";
export { type OpenedRun, openRun, type RunProgress } from "./store/open-run.ts";
export { type ListedRun, listRuns, resolveRun } from "./store/run-folder.ts";
export type { QueryResult } from "./store/run-query.ts";
export type { Discrepancy } from "./store/verify-run.ts";
export type { ColumnValues, NumberValues, Rows, TextValues, Validity } from "./table/column.ts";
export type { Field, FieldType } from "./table/field.ts";
export type { ReadColumn } from "./table/read-column.ts";
export { Table } from "./table/table.ts";
export { train } from "./train.ts";
export type { PartitioningOptions, TrainOptions } from "./train-options.ts";
export { type DefinedTrainer, defineTrainer } from "./trainer/define-trainer.ts";
export { type LinearRegressionParams, linearRegression } from "./trainer/linear-regression.ts";
export { type SklearnOptions, sklearn } from "./trainer/sklearn.ts";
export type {
  CheckedFit,
  CheckedScore,
  ColumnsInput,
  FitInput,
  FitOutput,
  FitWarning,
  JsonModel,
  NoParams,
  NotJson,
  ParamsOf,
  PartitionKey,
  PredictedColumnValues,
  PredictInput,
  PredictOutput,
  ReadModel,
  ScoreInput,
  StorableMetrics,
  StorableModel,
  StorableOutput,
  TrainerDefinition,
} from "./trainer/trainer-definition.ts";
export { VERSION } from "./version.ts";
