import { join } from "node:path";
import type { Connection } from "./duckdb/duckdb.ts";
import type { PredictingModule } from "./engine/engine.ts";
import { ManyfitError } from "./errors.ts";
import { isModuleSpec, isSklearnSpec, type ModuleSpec, type SklearnSpec } from "./job/job.ts";
import type { PythonEnvironment } from "./job/trainer-description.ts";
import { modelClasses } from "./predict/model-classes.ts";
import { columnKeys } from "./predict/needed-columns.ts";
import { stageTrainer } from "./predict/stage-trainer.ts";
import type { TrainedRun } from "./predict/trained-run.ts";
import { versionWarnings } from "./predict/version-warnings.ts";
import { fieldsOf } from "./trainer/resolve-job.ts";
import { loadUserModule } from "./user-module/load-user-module.ts";

/** A run's Python trainer, ready to be started. */
export interface PredictingPython {
  readonly trainer: PredictingModule;
  /** A line for each version that is not that of the fits. */
  readonly warnings: readonly string[];
}

/** Where a run's Python trainer is started. */
export interface PythonPlace {
  /** The interpreter, as it was told; null: as it is found. */
  readonly python: string | null;
  /** Folder for its sources and for progress cells. */
  readonly tempFolder: string;
  readonly connection: Connection;
  readonly signal: AbortSignal;
}

/**
 * Makes the trainer of a run ready from the run's own copy, and asks it what it is: it has to load before any row is read.
 * @throws ManyfitError `run_damaged` where the copy is not what was committed; else as when it is trained with.
 */
export async function predictingPython(
  trained: TrainedRun,
  { python, tempFolder, connection, signal }: PythonPlace,
): Promise<PredictingPython> {
  const { manifest } = trained;
  const fitted = manifest.job.module?.python?.environment;
  const spec = await specOf(trained, join(tempFolder, "trainer"));
  const module = await loadUserModule(spec, { workers: 1, tempFolder, python });
  const parts = manifest.job.trainerColumns;
  const described = await module.describe(fieldsOf(manifest.job, columnKeys(trained)), signal, parts);
  const found = described.python?.environment;
  const classes = await modelClasses(trained, connection);
  return { trainer: module.worker(), warnings: warningsOf(fitted, found, classes) };
}

/** The trainer of the run with the path of its copy; a class has none. */
async function specOf(trained: TrainedRun, folder: string): Promise<ModuleSpec | SklearnSpec> {
  const { trainer } = trained.manifest.job;
  if (isSklearnSpec(trainer)) return trainer;
  if (!isModuleSpec(trainer))
    throw new ManyfitError("internal", `run ${trained.id} has no trainer of the user's`);
  return { ...trainer, module: await stageTrainer(trained, folder) };
}

function warningsOf(
  fitted: PythonEnvironment | undefined,
  found: PythonEnvironment | undefined,
  classes: readonly string[],
): string[] {
  return fitted === undefined || found === undefined ? [] : versionWarnings(fitted, found, classes);
}
