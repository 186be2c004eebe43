import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { delimiter, isAbsolute, join, resolve } from "node:path";
import { ManyfitError } from "../errors.ts";

/** An interpreter, and what named it. */
export interface FoundPython {
  readonly path: string;
  readonly foundBy: "--python" | "MANYFIT_PYTHON" | "VIRTUAL_ENV" | "CONDA_PREFIX" | "PATH";
}

const IS_WINDOWS = process.platform === "win32";

/**
 * The Python that runs trainers: the one that is told, else what `MANYFIT_PYTHON` names, else that of the active virtual
 * environment, else `python3` (or `python`) of the path.
 * @throws ManyfitError `trainer_invalid` where there is none, or the one that was named is not there.
 */
export async function findPython(told: string | null): Promise<FoundPython> {
  const { MANYFIT_PYTHON, VIRTUAL_ENV, CONDA_PREFIX } = process.env;
  if (told !== null) return named(told, "--python");
  if (MANYFIT_PYTHON) return named(MANYFIT_PYTHON, "MANYFIT_PYTHON");
  if (VIRTUAL_ENV) return named(inEnvironment(VIRTUAL_ENV), "VIRTUAL_ENV");
  const inConda = CONDA_PREFIX ? join(CONDA_PREFIX, IS_WINDOWS ? "python.exe" : "bin/python") : null;
  if (inConda !== null && (await isExecutable(inConda))) return { path: inConda, foundBy: "CONDA_PREFIX" };
  for (const name of ["python3", "python"]) {
    const path = await onPath(name);
    if (path !== null) return { path, foundBy: "PATH" };
  }
  throw new ManyfitError(
    "trainer_invalid",
    "trainer needs Python, and there is no python3 on the path; install Python 3.11 or later, or name one with --python or MANYFIT_PYTHON",
  );
}

/** A path as it stands; a bare name is looked for on the path. */
async function named(name: string, foundBy: FoundPython["foundBy"]): Promise<FoundPython> {
  const isName = !isAbsolute(name) && !/[\\/]/.test(name);
  const path = isName ? await onPath(name) : resolve(name);
  if (path !== null && (await isExecutable(path))) return { path, foundBy };
  throw new ManyfitError(
    "trainer_invalid",
    `Python ${name} (${foundBy}) ${isName ? "is not on the path" : "is not there, or cannot be run"}; name the interpreter of an environment, such as .venv/bin/python`,
  );
}

function inEnvironment(folder: string): string {
  return join(folder, IS_WINDOWS ? "Scripts/python.exe" : "bin/python");
}

async function onPath(name: string): Promise<string | null> {
  const { PATH = "" } = process.env;
  for (const folder of PATH.split(delimiter)) {
    const path = join(folder, IS_WINDOWS ? `${name}.exe` : name);
    if (folder !== "" && (await isExecutable(path))) return path;
  }
  return null;
}

function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
