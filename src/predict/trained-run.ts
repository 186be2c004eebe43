import { join } from "node:path";
import { ManyfitError } from "../errors.ts";
import type { TrainerModule } from "../job/resolved-job.ts";
import type { Manifest } from "../store/manifest.ts";
import type { OpenedRun } from "../store/open-run.ts";
import { RUN_FILE } from "../store/run-files.ts";
import type { ReadColumn } from "../table/read-column.ts";
import { checkCommitted } from "./check-committed.ts";

/** Name of the bundle in the folder of a run whose trainer is a module. */
const BUNDLE = "trainer.mjs";

/** A run that can predict. */
export interface TrainedRun {
  readonly id: string;
  readonly folder: string;
  readonly manifest: Manifest;
  readonly model: PredictingModel;
}

/** What the run's models are, as far as prediction goes. */
export type PredictingModel =
  /** Intercept and a coefficient per feature. */
  | { readonly kind: "linear"; readonly reads: readonly ReadColumn[] }
  /** A module of the user's that predicts; `path` is its bundle. */
  | { readonly kind: "module"; readonly reads: readonly ReadColumn[]; readonly path: string }
  /** Objects that only Python can load, and code of the user's that predicts with them. */
  | { readonly kind: "python"; readonly reads: readonly ReadColumn[] };

/**
 * What there is to predict with.
 * @throws ManyfitError `run_not_committed`; `invalid_option` for trainers that cannot predict; `run_damaged` when the
 * bundle of a module, or the table of models that Python would load, is not the one that was committed.
 */
export async function trainedRunFrom(run: OpenedRun): Promise<TrainedRun> {
  const { id, folder, manifest } = run;
  if (manifest === null) throw new ManyfitError("run_not_committed", run.explanation);
  const module = manifest.job.module ?? null;
  const model = module === null ? linearModel(id, manifest) : await moduleModel(folder, manifest, module);
  return { id, folder, manifest, model };
}

/** A linear model looks at its features only: neither the target nor weights need be there. */
function linearModel(id: string, { job }: Manifest): PredictingModel {
  const estimator = "estimator" in job.trainer ? job.trainer.estimator : "";
  if (estimator !== "linear-regression" || job.trainerColumns === null) {
    throw new ManyfitError("invalid_option", `run ${id}: models of ${estimator} cannot predict`);
  }
  const reads = job.trainerColumns.features.map((name): ReadColumn => {
    return { name, type: "double", hasValidity: false, isInteger: false };
  });
  return { kind: "linear", reads };
}

async function moduleModel(
  folder: string,
  manifest: Manifest,
  module: TrainerModule,
): Promise<PredictingModel> {
  const isPython = module.python !== undefined;
  const { readColumns, trainerColumns } = manifest.job;
  if (!module.hasPredict) {
    if (trainerColumns !== null)
      throw new ManyfitError(
        "invalid_option",
        `class ${module.name} has no predict; its models cannot predict`,
      );
    const predict = isPython ? "predict(model, df)" : "predict({ model, table, params })";
    const text = `trainer ${module.name} has no predict; add ${predict} to it and train again`;
    throw new ManyfitError("invalid_option", text);
  }
  // Of a class neither the target nor weights need be there.
  const reads = trainerColumns === null ? readColumns : readColumns.slice(0, trainerColumns.features.length);
  if (isPython) {
    // Loading a model runs what it says.
    await checkCommitted(folder, manifest, { name: RUN_FILE.models, outcome: "no model is loaded" });
    return { kind: "python", reads };
  }
  await checkCommitted(folder, manifest, { name: BUNDLE, outcome: "it is not run" });
  return { kind: "module", reads, path: join(folder, BUNDLE) };
}
