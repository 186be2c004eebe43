import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename, resolve } from "node:path";
import type { KeptFile } from "../bundle/bundle-trainer.ts";
import { errorFrom, ManyfitError } from "../errors.ts";
import type { ModuleSpec } from "../job/job.ts";
import type { PythonSource, TrainerDescription } from "../job/trainer-description.ts";
import { type AskedProcess, type AskListener, askTrainer } from "../pool/ask-trainer.ts";
import { PythonReserve } from "../pool/python-reserve.ts";
import type { WorkerPython } from "../protocol/message.ts";
import type { PythonDescription, PythonTrainerSpec } from "../protocol/python-message.ts";
import { findPython } from "../python/find-python.ts";
import { PythonChild } from "../python/python-child.ts";
import type { Field } from "../table/field.ts";
import { keepSources } from "./kept-sources.ts";
import type { UserModule } from "./user-module.ts";

/** How long a trainer may take to be loaded and to say what it reads, in milliseconds: packages may be many. */
export const LOAD_WITHIN_MS = 120_000;

/** How Python is started. */
export interface PythonOptions {
  /** The interpreter, as it was told; null: found by `findPython`. */
  readonly python: string | null;
  /** Threads of its linear algebra. */
  readonly blasThreads: number;
  /** Where progress cells lie. */
  readonly folder: string;
  /** Children that are started when the trainer is described; null: none. */
  readonly ahead: ChildrenAhead | null;
}

/** Python children that are started when their trainer is described, to become workers. */
export interface ChildrenAhead {
  readonly size: number;
  /** Module that their threads run. */
  readonly threadEntry: string;
}

/** A user's Python file as what workers run. Its process and that of each worker load it anew. */
export async function pythonModule(
  { module, params }: ModuleSpec,
  { python: told, blasThreads, folder, ahead }: PythonOptions,
): Promise<UserModule> {
  const path = resolve(module);
  const code = await readFile(path, "utf8").catch((thrown: unknown) => {
    throw new ManyfitError("trainer_invalid", `trainer ${module}: ${errorFrom(thrown).message}`);
  });
  const { path: python } = await findPython(told);
  const trainer: PythonTrainerSpec = { kind: "file", path };
  const name = `trainer ${module}`;
  const bundle = { name: basename(path), sha256: createHash("sha256").update(code).digest("hex"), code };
  let files: readonly KeptFile[] = [];
  let minRows = 0;
  const reserve = ahead === null ? null : new PythonReserve(ahead.threadEntry);
  const worker = (): WorkerPython => ({ trainer, params, minRows, python, blasThreads, folder });
  return {
    get bundle() {
      return { ...bundle, files };
    },
    loading: { name, withinMs: LOAD_WITHIN_MS },
    worker: () => ({ kind: "python", ...worker() }),
    reserve,
    describe: async (schema, signal, _, mostWorkers = Number.POSITIVE_INFINITY) => {
      const children = reserve === null ? null : { reserve, size: Math.min(ahead!.size, mostWorkers) };
      const question = { trainer, params, schema, python, blasThreads, name, children };
      const said = await describePython(question, signal);
      const kept = await keepSources(path, said.sources);
      ({ files } = kept);
      ({ minRows } = said);
      return descriptionOf(said, kept.sources, schema);
    },
    // A process all the same: a pool of one keeps limits, and outlives what its child does.
    trainer: null,
    close: async () => reserve?.close(),
  };
}

/** Which trainer is asked what it says of itself, and of a source with which columns. */
export interface PythonQuestion {
  readonly trainer: PythonTrainerSpec;
  readonly params: ModuleSpec["params"];
  readonly schema: readonly Field[];
  readonly python: string;
  readonly blasThreads: number;
  /** What messages call the trainer. */
  readonly name: string;
  /** Who is asked: the first of so many children that become workers; null: a process that is ended afterwards. */
  readonly children: { readonly reserve: PythonReserve; readonly size: number } | null;
}

/** Asks a process of its own: loading the trainer runs code of the user's. */
export function describePython(
  { trainer, params, schema, python, blasThreads, name, children }: PythonQuestion,
  signal: AbortSignal,
): Promise<PythonDescription> {
  const start = (listener: AskListener<PythonDescription>): AskedProcess => {
    if (children !== null) {
      const question = { trainer, params, schema, python, blasThreads };
      return children.reserve.ask(question, children.size, listener);
    }
    const { onAnswer, onEnd, onFailure } = listener;
    const child = new PythonChild(
      { name: "Python", python, blasThreads },
      {
        onMessage: (message) => {
          if (message.type === "described") onAnswer(message);
          else if (message.type === "broken") onFailure(new ManyfitError(message.code, message.message));
        },
        onPrinted: () => undefined,
        onEnd,
        onFailure,
      },
    );
    child.send({ type: "describe", trainer, params, schema });
    return child;
  };
  return askTrainer({ name, withinMs: LOAD_WITHIN_MS, start }, signal);
}

function descriptionOf(
  said: PythonDescription,
  sources: readonly PythonSource[],
  schema: readonly Field[],
): TrainerDescription {
  const { columns, hasPredict, hasScore, minRows, environment, frame, digestScope } = said;
  return {
    columns: columns ?? schema.map((field) => field.name),
    ...{ hasPredict, hasScore, minRows, python: { frame, environment, sources, digestScope } },
  };
}
