import type { StandardSchemaV1 } from "@standard-schema/spec";
import { ManyfitError, suggestName } from "../errors.ts";
import type {
  CheckedFit,
  CheckedScore,
  ColumnsInput,
  FitInput,
  FitOutput,
  PredictInput,
  ScoreInput,
  TrainerDefinition,
} from "./trainer-definition.ts";

/** By this a trainer is known, also one whose bundle carries another copy of this code: its value is the version. */
export const TRAINER_MARK: unique symbol = Symbol.for("manyfit.trainer");

/** Version of what manyfit and a trainer expect of each other. */
export const TRAINER_VERSION = 1;

/** A trainer that was defined: checked and frozen. What its functions return is checked when they are called. */
export interface DefinedTrainer {
  readonly [TRAINER_MARK]: typeof TRAINER_VERSION;
  /** Null: all but the key columns. */
  readonly columns: readonly string[] | ((input: ColumnsInput<unknown>) => unknown) | null;
  /** Null: the trainer has no params. */
  readonly params: StandardSchemaV1 | null;
  readonly minRows: number;
  /** Fits one partition; may give a promise. */
  readonly fit: (input: FitInput<unknown>) => unknown;
  /** Null: the trainer cannot predict. */
  readonly predict: ((input: PredictInput<unknown, unknown>) => unknown) | null;
  /** Null: the trainer cannot score rows that are held out. */
  readonly score: ((input: ScoreInput<unknown, unknown>) => unknown) | null;
}

const MEMBERS = ["columns", "params", "minRows", "fit", "predict", "score"];

/**
 * Defines a trainer: the default export of a file that is given to `manyfit train --trainer`.
 *
 * ```ts
 * export default defineTrainer({
 *   columns: ["x", "y"],
 *   fit({ table }) {
 *     const y = table.numbers("y");
 *     return { model: { mean: y.reduce((sum, value) => sum + value, 0) / y.length } };
 *   },
 *   predict: ({ model, table }) => ({ y: new Float64Array(table.rowCount).fill(model.mean) }),
 * });
 * ```
 *
 * @throws ManyfitError `trainer_invalid` for what a file in plain JavaScript can get wrong: members that are unknown,
 * missing or of another type.
 */
export function defineTrainer<
  Output extends FitOutput<unknown, object>,
  Schema extends StandardSchemaV1 | undefined = undefined,
  Scores extends object = Readonly<Record<string, number | null>>,
>(
  definition: TrainerDefinition<Schema, Output, Scores> & CheckedFit<Output> & CheckedScore<Scores>,
): DefinedTrainer {
  const given: unknown = definition;
  if (typeof given !== "object" || given === null) {
    throw invalid(`takes an object such as { fit({ table }) { … } }, found ${kindOf(given)}`);
  }
  for (const name of Object.keys(given)) {
    if (!MEMBERS.includes(name)) throw invalid(`has no member "${name}"; ${suggestName(name, MEMBERS)}`);
  }
  const { columns, params, minRows, fit, predict, score } = given as Readonly<Record<string, unknown>>;
  const defined: DefinedTrainer = {
    [TRAINER_MARK]: TRAINER_VERSION,
    columns: columnsOf(columns),
    params: schemaOf(params),
    minRows: minRowsOf(minRows),
    fit: functionOf(fit, "fit"),
    predict: predict === undefined ? null : functionOf(predict, "predict"),
    score: score === undefined ? null : functionOf(score, "score"),
  };
  return Object.freeze(defined);
}

function columnsOf(columns: unknown): DefinedTrainer["columns"] {
  if (columns === undefined) return null;
  if (typeof columns === "function") return columns as (input: ColumnsInput<unknown>) => unknown;
  if (!Array.isArray(columns)) {
    throw invalid(
      `needs columns to be a list of names or a function that gives one, found ${kindOf(columns)}`,
    );
  }
  const odd = columns.findIndex((name) => typeof name !== "string");
  if (odd >= 0) throw invalid(`needs names in columns, found ${kindOf(columns[odd])} at index ${odd}`);
  return Object.freeze([...(columns as string[])]);
}

function schemaOf(params: unknown): StandardSchemaV1 | null {
  if (params === undefined) return null;
  const isObject = (typeof params === "object" && params !== null) || typeof params === "function";
  const standard = isObject ? (params as Readonly<Record<string, unknown>>)["~standard"] : undefined;
  const validate = (standard as { readonly validate?: unknown } | null | undefined)?.validate;
  if (typeof validate === "function") return params as StandardSchemaV1;
  throw invalid(
    `needs params to be a Standard Schema such as z.object({ alpha: z.number() }), found ${kindOf(params)}; ` +
      "values of params are given when training, such as --param alpha=0.1",
  );
}

function minRowsOf(minRows: unknown): number {
  if (minRows === undefined) return 1;
  if (typeof minRows === "number" && Number.isSafeInteger(minRows) && minRows >= 1) return minRows;
  const found = typeof minRows === "number" ? String(minRows) : kindOf(minRows);
  throw invalid(`needs minRows to be a whole number from 1 on, found ${found}`);
}

function functionOf<Result>(member: unknown, name: string): (input: Result) => unknown {
  if (typeof member === "function") return member as (input: Result) => unknown;
  throw invalid(`needs ${name} to be a function, found ${kindOf(member)}`);
}

function invalid(message: string): ManyfitError {
  return new ManyfitError("trainer_invalid", `defineTrainer ${message}`);
}

function kindOf(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
