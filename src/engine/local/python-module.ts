import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { errorFrom, ManyfitError } from "../../errors.ts";
import type { ModuleSpec } from "../../job/job.ts";
import type { TrainerDescription } from "../../job/trainer-description.ts";
import type { ProcessEnd } from "../../protocol/framed-process.ts";
import type { WorkerPython } from "../../protocol/message.ts";
import type { FromPython, PythonTrainerSpec } from "../../protocol/python-message.ts";
import { findPython } from "../../python/find-python.ts";
import { FitService } from "../../python/fit-service.ts";
import { PythonChild } from "../../python/python-child.ts";
import { createPythonTrainer } from "../../python/python-trainer.ts";
import type { Field } from "../../table/field.ts";
import type { ModuleContext } from "../../trainer/module-trainer.ts";
import type { Trainer } from "../../trainer/trainer.ts";
import type { UserModule } from "./user-module.ts";

/** How long a trainer may take to be loaded and to say what it reads, in milliseconds: packages may be many. */
const DESCRIBE_WITHIN_MS = 120_000;

/** How Python is started. */
export interface PythonOptions {
  /** The interpreter, as it was told; null: found by `findPython`. */
  readonly python: string | null;
  /** Threads of its linear algebra. */
  readonly blasThreads: number;
  /** Where progress cells lie. */
  readonly folder: string;
}

/** A user's Python file as what workers run. Its process and that of each worker load it anew. */
export async function pythonModule(
  { module, params }: ModuleSpec,
  { python: told, blasThreads, folder }: PythonOptions,
): Promise<UserModule> {
  const path = resolve(module);
  const code = await readFile(path, "utf8").catch((thrown: unknown) => {
    throw new ManyfitError("trainer_invalid", `trainer ${module}: ${errorFrom(thrown).message}`);
  });
  const { path: python } = await findPython(told);
  const trainer: PythonTrainerSpec = { kind: "file", path };
  const services: FitService[] = [];
  let minRows = 0;
  const worker = (): WorkerPython => ({ trainer, params, minRows, python, blasThreads, folder });
  return {
    bundle: { name: basename(path), sha256: createHash("sha256").update(code).digest("hex"), code },
    worker: () => ({ kind: "python", ...worker() }),
    describe: async (schema, signal) => {
      const described = await describe(
        { trainer, params, schema, python, blasThreads, name: module },
        signal,
      );
      minRows = described.minRows;
      return described;
    },
    trainer: async (context) => trainerHere(worker(), context, services),
    close: async () => {
      await Promise.all(services.map((service) => service.close()));
    },
  };
}

/** The trainer for the caller's own thread, its child a process all the same. A child that dies ends the run. */
function trainerHere(python: WorkerPython, context: ModuleContext, services: FitService[]): Trainer {
  const { readColumns: columns, keyFields, seed, rowPolicy } = context;
  let fail: (error: ManyfitError) => void = () => undefined;
  const failed = new Promise<never>((_, reject) => (fail = reject));
  failed.catch(() => undefined);
  const service = new FitService(
    { name: "Python", columns, keyFields, ...python },
    {
      onStarted: () => undefined,
      onPrinted: (_, stream, text) => process[stream].write(text),
      onEnd: (end) => fail(new ManyfitError("worker_failed", endText(end))),
      onFailure: fail,
    },
  );
  services.push(service);
  const { minRows } = python;
  const trainer = createPythonTrainer(service, { columns, keyFields, seed, rowPolicy, minRows });
  return {
    ...trainer,
    fitPartition: (rows, keyBytes) => Promise.race([trainer.fitPartition(rows, keyBytes), failed]),
  };
}

interface Question {
  readonly trainer: PythonTrainerSpec;
  readonly params: ModuleSpec["params"];
  readonly schema: readonly Field[];
  readonly python: string;
  readonly blasThreads: number;
  /** Of the trainer, as the user gave it. */
  readonly name: string;
}

/** Asks a process that is ended afterwards: loading the trainer runs code of the user's. */
async function describe(
  { trainer, params, schema, python, blasThreads, name }: Question,
  signal: AbortSignal,
): Promise<TrainerDescription> {
  let tooLate: NodeJS.Timeout | undefined;
  let child: PythonChild | undefined;
  let stop = (): void => undefined;
  try {
    return await new Promise<TrainerDescription>((described, failed) => {
      const fail = (text: string): void =>
        failed(new ManyfitError("trainer_invalid", `trainer ${name}: ${text}`));
      child = new PythonChild(
        { name: "Python", python, blasThreads },
        {
          onMessage: (message) => {
            if (message.type === "described") described(descriptionOf(message, schema));
            else if (message.type === "broken") failed(new ManyfitError(message.code, message.message));
          },
          onPrinted: () => undefined,
          onEnd: (end) => fail(`could not be loaded: ${endText(end)}`),
          onFailure: failed,
        },
      );
      const seconds = DESCRIBE_WITHIN_MS / 1000;
      tooLate = setTimeout(
        () => fail(`did not load within ${seconds} s: what runs while it is imported must come to an end`),
        DESCRIBE_WITHIN_MS,
      );
      stop = () => failed(signal.reason);
      signal.addEventListener("abort", stop);
      if (signal.aborted) stop();
      child.send({ type: "describe", trainer, params, schema });
    });
  } finally {
    clearTimeout(tooLate);
    signal.removeEventListener("abort", stop);
    await child?.kill();
  }
}

function descriptionOf(
  message: Extract<FromPython, { type: "described" }>,
  schema: readonly Field[],
): TrainerDescription {
  const { columns, hasPredict, hasScore, minRows, environment, frame } = message;
  return {
    columns: columns ?? schema.map((field) => field.name),
    ...{ hasPredict, hasScore, minRows, python: { frame, environment } },
  };
}

function endText({ cause, lastWords }: ProcessEnd): string {
  return lastWords === "" ? cause : `${cause}: ${lastWords}`;
}
