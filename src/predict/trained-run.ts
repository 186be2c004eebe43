import { join } from "node:path";
import { ManyfitError } from "../errors.ts";
import type { TrainerModule } from "../job/resolved-job.ts";
import { hashFile } from "../store/disk.ts";
import type { Manifest } from "../store/manifest.ts";
import type { OpenedRun } from "../store/open-run.ts";
import type { ReadColumn } from "../table/read-column.ts";

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
  | { readonly kind: "module"; readonly reads: readonly ReadColumn[]; readonly path: string };

/**
 * What there is to predict with.
 * @throws ManyfitError `run_not_committed`; `invalid_option` for trainers that cannot predict; `run_damaged` when the
 * bundle of a module is not the one that was committed.
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
  { files, job }: Manifest,
  module: TrainerModule,
): Promise<PredictingModel> {
  if (!module.hasPredict) {
    const text = `trainer ${module.name} has no predict; add predict({ model, table, params }) to it and train again`;
    throw new ManyfitError("invalid_option", text);
  }
  const committed = files.find((file) => file.name === BUNDLE);
  const path = join(folder, BUNDLE);
  if (committed === undefined) {
    throw new ManyfitError("run_damaged", `run folder ${folder}: the manifest does not list ${BUNDLE}`);
  }
  const { sha256 } = await hashFile(path);
  if (sha256 !== committed.sha256) {
    const text = `run folder ${folder}: ${BUNDLE} has sha256 ${sha256}, the manifest says ${committed.sha256}; it is not run`;
    throw new ManyfitError("run_damaged", text);
  }
  return { kind: "module", reads: job.readColumns, path };
}
