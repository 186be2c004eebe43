// What `import … from "manyfit"` means inside the bundle of a user's trainer.

/** The error class of manyfit: what a table throws for a column that it does not have. */
export { ManyfitError } from "./errors.ts";
/** One byte per row: which are NULL. */
export type { Validity } from "./table/column.ts";
/** Names and types of columns. */
export type { Field, FieldType } from "./table/field.ts";
/** The rows that a trainer is given. */
export { Table } from "./table/table.ts";
/** What `defineTrainer` gives. */
export type { DefinedTrainer } from "./trainer/define-trainer.ts";
/** Defines a trainer; see its own page. */
export { defineTrainer } from "./trainer/define-trainer.ts";
/** What a trainer's functions take and return. */
export type {
  ColumnsInput,
  FitInput,
  FitOutput,
  FitWarning,
  JsonModel,
  NoParams,
  ParamsOf,
  PartitionKey,
  PredictedColumnValues,
  PredictInput,
  PredictOutput,
  ScoreInput,
  TrainerDefinition,
} from "./trainer/trainer-definition.ts";
