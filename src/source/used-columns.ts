import { ManyfitError, suggestName } from "../errors.ts";
import type { Job, Params } from "../job/job.ts";
import { isEstimatorSpec, isModuleSpec } from "../job/job.ts";
import type { ResolvedJob, SourceColumn } from "../job/resolved-job.ts";
import type { SourceSchema } from "./source-schema.ts";
import { fieldTypeOf, keyTypeOf } from "./sql-type.ts";

/**
 * Whether a filter may look at a column: its text has the column's name, or a star, which stands for all. Where that is
 * not so the column need not be read for it.
 */
export function mentions(where: string | null, name: string): boolean {
  if (where === null) return false;
  const text = where.toLowerCase();
  const folded = name.toLowerCase();
  return text.includes("*") || text.includes(folded) || text.includes(folded.replaceAll('"', '""'));
}

/**
 * Checks that the columns that a job uses – keys, what the trainer reads, the filter, the order – are the same in all
 * files; those that nobody uses may differ. Where the trainer's columns follow from what there is, because no params name
 * them, all have to be the same.
 * @throws ManyfitError `source_unreadable`
 */
export function checkUsedColumns(job: ResolvedJob, { differences }: Pick<SourceSchema, "differences">): void {
  const [first] = differences;
  if (first === undefined) return;
  if (!isModuleSpec(job.trainer)) {
    const { trainer } = job;
    const named = namesIn(
      isEstimatorSpec(trainer)
        ? trainer.params
        : { target: trainer.target, features: trainer.features, weights: trainer.weights },
    );
    if (!job.readColumns.every((column) => named.has(column.name))) {
      const text = `${first.path}: ${first.problem}; where no --features are named all columns have to be the same in all files: name them`;
      throw new ManyfitError("source_unreadable", text);
    }
  }
  const used = new Set([
    ...job.keyFields.map((field) => field.name),
    ...job.readColumns.map((column) => column.name),
    ...job.orderBy,
  ]);
  for (const { column, path, problem } of differences) {
    if (!used.has(column) && !mentions(job.source.where, column)) continue;
    const text = `${path}: ${problem}; what keys, trainer, filter and order use has to be the same in all files`;
    throw new ManyfitError("source_unreadable", text);
  }
}

/**
 * Checks that all files have the same columns in the same types, in whatever order.
 * @throws ManyfitError `source_unreadable`
 */
export function checkSameColumns({ differences }: Pick<SourceSchema, "differences">): void {
  const [difference] = differences;
  if (difference === undefined) return;
  const text = `${difference.path}: ${difference.problem}; all files have to have the same columns`;
  throw new ManyfitError("source_unreadable", text);
}

/** All texts among the params, and in lists of them. */
function namesIn(params: Params): Set<unknown> {
  return new Set(Object.values(params).flat());
}

/**
 * Checks that rows can be ordered by the columns that a job names.
 * @throws ManyfitError `unknown_column`, `unsupported_type`
 */
export function checkOrderColumns({ orderBy }: Pick<Job, "orderBy">, columns: readonly SourceColumn[]): void {
  for (const name of orderBy) {
    const column = columns.find((candidate) => candidate.name === name);
    if (column === undefined) {
      const names = columns.map((candidate) => candidate.name);
      const text = `--order-by column "${name}" is not a column of the source; ${suggestName(name, names)}`;
      throw new ManyfitError("unknown_column", text);
    }
    const { sqlType } = column;
    if (keyTypeOf(sqlType) !== null || fieldTypeOf(sqlType) !== null) continue;
    const text = `--order-by column "${name}" is ${sqlType}, by which rows cannot be ordered; tell another type, such as --type ${name}=text`;
    throw new ManyfitError("unsupported_type", text);
  }
}
