import { ManyfitError } from "../errors.ts";
import type { Params, SklearnSpec } from "../job/job.ts";
import type { SourceColumn, TrainerColumns } from "../job/resolved-job.ts";
import type { KeyField } from "../key/key-type.ts";
import type { Field } from "../table/field.ts";
import { resolveParts } from "./resolve-parts.ts";

/** What is said of a class of scikit-learn's kind. */
export interface SklearnOptions {
  /** Dotted path of any importable class with `fit` and `get_params`, such as `sklearn.linear_model.LinearRegression`. */
  readonly class: string;
  /** Column to explain; a classifier takes text, too. Default: none, for classes that explain none. */
  readonly target?: string | undefined;
  /**
   * Columns that explain it, in the order in which the class sees them. Default: all other numeric columns of the source, in its
   * order, without keys, weights and unnamed columns of row numbers.
   */
  readonly features?: readonly string[] | undefined;
  /** Column of weights per row, given to `fit` and `score` as `sample_weight`. Default: every row counts the same. */
  readonly weights?: string | undefined;
  /** What the class is made with. `random_state` is the partition's seed where it is not told. Default: none. */
  readonly params?: Params | undefined;
}

/**
 * A class of scikit-learn's kind, one model per partition, as plain data for `train`. Nothing is checked here: class, params
 * and columns are, before anything is fitted.
 */
export function sklearn(options: SklearnOptions): SklearnSpec {
  const { class: className, target = null, features = null, weights = null, params = {} } = options;
  return { sklearn: className, target, features, weights, params };
}

/**
 * The columns that a class is fitted on.
 * @throws ManyfitError as `resolveParts`
 */
export function resolveClassColumns(
  { sklearn: className, target, features, weights }: SklearnSpec,
  columns: readonly SourceColumn[],
  keys: readonly KeyField[],
): TrainerColumns {
  const keyNames = keys.map((field) => field.name);
  return resolveParts(className, { target, features, weights, mayTargetBeText: true }, columns, keyNames);
}

/**
 * Checks that a regressor has numbers to explain: what a class is, Python says.
 * @throws ManyfitError `unsupported_type`
 */
export function checkTarget(
  className: string,
  kind: "regressor" | "classifier" | null,
  schema: readonly Field[],
  target: string | null,
): void {
  if (kind !== "regressor" || schema.find(({ name }) => name === target)?.type !== "text") return;
  throw new ManyfitError(
    "unsupported_type",
    `target "${target}" is text, ${className} is a regressor and needs numbers; if they are numbers, tell --type ${target}=double`,
  );
}
