import { isPython, isSklearnSpec, type ModuleSpec, type SklearnSpec } from "../job/job.ts";
import { bundleModule } from "./bundled-module.ts";
import { type ChildrenAhead, pythonModule } from "./python-module.ts";
import { sklearnModule } from "./sklearn-module.ts";
import type { UserModule } from "./user-module.ts";

/** What trainers of the user's are loaded with. */
export interface UserModuleOptions {
  /** 0 runs JavaScript in the caller's thread. */
  readonly workers: number;
  /** Folder for bundles and progress cells; it is made when one comes. */
  readonly tempFolder: string;
  /** The Python that runs trainers; null: as it is found. Default: null. */
  readonly python?: string | null;
  /** Threads that libraries of linear algebra may use in a worker. Default: 1, as workers share the cores already. */
  readonly blasThreads?: number;
  /** Python children that are started when the trainer is described, to become workers; null: none. Default: null. */
  readonly ahead?: ChildrenAhead | null;
}

/** Makes of a module or a class what workers run: a bundle, or for Python what its children need to know. */
export function loadUserModule(
  spec: ModuleSpec | SklearnSpec,
  { workers, tempFolder, python = null, blasThreads = 1, ahead = null }: UserModuleOptions,
): Promise<UserModule> {
  const options = { python, blasThreads, folder: tempFolder, ahead };
  if (isSklearnSpec(spec)) return sklearnModule(spec, options);
  return isPython(spec) ? pythonModule(spec, options) : bundleModule(spec, tempFolder, workers);
}
