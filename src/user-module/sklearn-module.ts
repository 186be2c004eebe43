import { createHash } from "node:crypto";
import { ManyfitError } from "../errors.ts";
import type { SklearnSpec } from "../job/job.ts";
import type { TrainerColumns } from "../job/resolved-job.ts";
import { PythonReserve } from "../pool/python-reserve.ts";
import type { WorkerPython } from "../protocol/message.ts";
import type { PythonTrainerSpec } from "../protocol/python-message.ts";
import { findPython } from "../python/find-python.ts";
import { canonicalJson } from "../trainer/canonical-json.ts";
import { namesOfParts } from "../trainer/resolve-parts.ts";
import { checkTarget } from "../trainer/sklearn.ts";
import { describePython, LOAD_WITHIN_MS, type PythonOptions } from "./python-module.ts";
import type { UserModule } from "./user-module.ts";

/**
 * A class of scikit-learn's kind as what workers run. There is no file to keep: its spec, as canonical JSON, is what
 * identifies it, and the versions of its packages stand in the description.
 */
export async function sklearnModule(
  spec: SklearnSpec,
  { python: told, blasThreads, folder, ahead }: PythonOptions,
): Promise<UserModule> {
  const { sklearn: className, params } = spec;
  const { path: python } = await findPython(told);
  const code = specText(spec);
  const sha256 = createHash("sha256").update(code).digest("hex");
  const bundle = { name: className, sha256, code, files: [] };
  const name = `trainer ${className}`;
  let trainer: PythonTrainerSpec | null = null;
  let minRows = 0;
  const reserve = ahead === null ? null : new PythonReserve(ahead.threadEntry);
  return {
    bundle,
    loading: { name, withinMs: LOAD_WITHIN_MS },
    worker: () => {
      if (trainer === null) throw new ManyfitError("internal", `${name} is run before it was described`);
      const worker: WorkerPython = { trainer, params, minRows, python, blasThreads, folder };
      return { kind: "python", ...worker };
    },
    reserve,
    describe: async (schema, signal, parts, mostWorkers = Number.POSITIVE_INFINITY) => {
      trainer = pythonClassOf(className, parts);
      const children = reserve === null ? null : { reserve, size: Math.min(ahead!.size, mostWorkers) };
      const question = { trainer, params, schema, python, blasThreads, name, children };
      const said = await describePython(question, signal);
      checkTarget(className, said.estimatorKind ?? null, schema, parts?.target ?? null);
      ({ minRows } = said);
      const { hasPredict, hasScore, environment, frame } = said;
      const columns = said.columns ?? (parts === null ? [] : namesOfParts(parts));
      return { columns, hasPredict, hasScore, minRows, python: { frame, environment, sources: [] } };
    },
    trainer: null,
    close: async () => reserve?.close(),
  };
}

/** A class with the columns that it is fitted on, as a Python child takes it. */
function pythonClassOf(className: string, parts: TrainerColumns | null): PythonTrainerSpec {
  if (parts === null) throw new ManyfitError("internal", `${className} was given no columns`);
  const { target, features, weights } = parts;
  return { kind: "sklearn", class: className, target, features, weights };
}

function specText(spec: SklearnSpec): string {
  const text = canonicalJson(spec, "trainer");
  if ("json" in text) return text.json;
  throw new ManyfitError("invalid_option", text.problem);
}
