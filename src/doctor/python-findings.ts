import { existsSync } from "node:fs";
import { errorFrom } from "../errors.ts";
import { type FoundPython, findPython } from "../python/find-python.ts";
import { inspectPython, type PythonInspection, type PythonPackage } from "../python/inspect-python.ts";
import { type Finding, type Mend, wellFound } from "./finding.ts";

/** How Python is looked for. */
export interface PythonSearch {
  /** The interpreter, as it was told; null: as a run finds it. */
  readonly python: string | null;
  /** Milliseconds within which it has to answer. */
  readonly withinMs: number;
}

/**
 * What trainers in Python need. Nobody else needs it: where no Python was named, what is missing is `absent`; where one was,
 * by `--python` or `MANYFIT_PYTHON`, it is `broken`, as what is there and does not work is in any case.
 */
export async function pythonFindings({ python, withinMs }: PythonSearch): Promise<Finding[]> {
  let found: FoundPython;
  try {
    found = await findPython(python);
  } catch (thrown) {
    return [notFound(errorFrom(thrown).message, isNamed(python))];
  }
  const inspection = await inspectPython(found.path, withinMs);
  return [
    interpreterFinding(found, inspection),
    ...inspection.packages.map((known) => packageFinding(known, inspection, isNamed(python))),
    ...kernelFindings(inspection),
  ];
}

function isNamed(python: string | null): boolean {
  return python !== null || Boolean(process.env["MANYFIT_PYTHON"]);
}

function notFound(problem: string, isNeeded: boolean): Finding {
  // Of an environment that is active and has no interpreter, another Python would be no help.
  const isMissing = !isNeeded && !process.env["VIRTUAL_ENV"];
  return {
    ...{ name: "Python", part: "python", found: null, note: null, problem, facts: { path: null } },
    state: isMissing ? "absent" : "broken",
    mend: isMissing ? installPython() : null,
  };
}

/** Where the system's own way to install it is known. */
function installPython(): Mend | null {
  if (process.platform === "darwin") return { command: "brew install python", afterwards: null };
  if (!existsSync("/etc/debian_version")) return null;
  const rights = process.getuid?.() === 0 ? "" : "sudo ";
  return { command: `${rights}apt-get install -y python3 python3-venv`, afterwards: null };
}

function interpreterFinding({ path, foundBy }: FoundPython, inspection: PythonInspection): Finding {
  const { interpreter, problem } = inspection;
  const about = { name: "Python", part: "python", note: `${path}, found by ${foundBy}` } as const;
  const facts = { path, foundBy, executable: interpreter?.executable ?? null };
  const found = interpreter?.version ?? null;
  if (problem !== null)
    return { ...about, found, state: "broken", problem, mend: null, facts: { ...facts, version: found } };
  const { version, implementation } = interpreter!;
  const isUsual = implementation === "CPython";
  return wellFound({
    ...about,
    found: isUsual ? version : `${version} (${implementation})`,
    facts: { ...facts, version, implementation },
  });
}

function packageFinding(known: PythonPackage, inspection: PythonInspection, isPythonNamed: boolean): Finding {
  const { name, version, lowest, isNeeded, state } = known;
  const about = {
    ...({ name, part: "python", found: version, facts: { version, lowest, isNeeded } } as const),
    note: `${lowest} or later${isNeeded ? "" : ", only for trainers with its frames"}`,
  };
  if (state === "ok") return wellFound({ ...about, found: version ?? "" });
  return {
    ...about,
    state: state === "broken" || (isPythonNamed && isNeeded) ? "broken" : "absent",
    problem: packageProblem(known),
    mend: isNeeded ? mendOf(inspection) : null,
  };
}

function packageProblem({ state, problem }: PythonPackage): string | null {
  if (state === "missing") return null;
  return state === "too_old" ? "is too old" : `cannot be imported: ${problem ?? "nothing is known of why"}`;
}

function mendOf({ mend: command, interpreter }: PythonInspection): Mend | null {
  if (command === null) return null;
  const { belongsToSystem, environmentPython } = interpreter!;
  return {
    command,
    afterwards: belongsToSystem ? `name the environment with --python ${environmentPython}` : null,
  };
}

/** The kernels that linear algebra runs on: results are the same to the bit only on the same ones. */
function kernelFindings({ blas }: PythonInspection): Finding[] {
  const libraries = blas.filter((library) => library["internal_api"] !== "openmp");
  const [first] = libraries;
  if (first === undefined) return [];
  const threads = first["num_threads"] ?? 1;
  const kernels = new Set(libraries.map((library) => library["architecture"] ?? "unknown"));
  const texts = libraries.map((library) => `${library["internal_api"]} ${library["version"]}`);
  return [
    wellFound({
      ...{ name: "algebra", part: "python" },
      found: [...new Set(libraries.map((library) => library["internal_api"]))].join(", "),
      note: `kernels of ${[...kernels].join(", ")}, ${threads} ${threads === 1 ? "thread" : "threads"} in each worker`,
      facts: { libraries: texts.join(", "), kernels: [...kernels].join(", "), threads },
    }),
  ];
}
