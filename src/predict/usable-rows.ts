import type { RowValues } from "./predicted-rows.ts";
import { NULL_FEATURE } from "./run-lookup.ts";
import type { TrainedRun } from "./trained-run.ts";

/**
 * SQL that is true of the rows `r` of an input that a trainer can be given: null, where it gets all of them. Models of a class
 * that were fitted without rows in which a feature is NULL, NaN or infinite have nothing to say of such rows, and most classes
 * refuse all rows of a call for one of them. What a file of the user's does about them is its own affair.
 */
export function usableRows({ manifest: { job }, model }: TrainedRun): string | null {
  if (model.kind !== "python" || job.trainerColumns === null || job.rowPolicy.nulls === "keep") return null;
  return model.reads.map((_, i) => `coalesce(isfinite(r.c${i}), false)`).join(" and ") || null;
}

/** The values of rows, of which those that the trainer was not given say why. `usable` is of {@link usableRows}. */
export function valuesOfUsable(values: RowValues, usable: string): RowValues {
  return {
    ...values,
    reason: `case when not (${usable}) then '${NULL_FEATURE}' else (${values.reason}) end`,
  };
}
