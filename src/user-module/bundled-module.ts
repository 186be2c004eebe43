import { mkdir, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { bundleTrainer } from "../bundle/bundle-trainer.ts";
import { withSourceRoot } from "../bundle/with-source-map.ts";
import { ManyfitError } from "../errors.ts";
import type { ModuleSpec } from "../job/job.ts";
import type { TrainerDescription } from "../job/trainer-description.ts";
import { type AskedProcess, type AskListener, askTrainer } from "../pool/ask-trainer.ts";
import { WorkerProcess } from "../pool/worker-process.ts";
import type { EngineMessage } from "../protocol/message.ts";
import { describeTrainer, type LoadedTrainer, loadTrainer } from "../trainer/load-trainer.ts";
import { createModuleTrainer } from "../trainer/module-trainer.ts";
import { unlessAborted } from "./unless-aborted.ts";
import type { UserModule } from "./user-module.ts";

/** How long a trainer may take to be loaded and to say what it reads, in milliseconds. */
const LOAD_WITHIN_MS = 60_000;

/**
 * Bundles a module with all that it imports and writes the bundle into a folder, which is made where it is missing, from
 * where workers load it. Where there are none, a debugger that looks at the bundle finds the user's own files.
 * @throws ManyfitError `run_unwritable` where the system refuses.
 */
export async function bundleModule(
  { module, params }: ModuleSpec,
  folder: string,
  workers: number,
): Promise<UserModule> {
  const bundle = await bundleTrainer(module);
  const code = workers === 0 ? withSourceRoot(bundle.code, dirname(resolve(module))) : bundle.code;
  const path = join(folder, `trainer-${bundle.sha256}.mjs`);
  await writeBundle(folder, path, code);
  let loaded: Promise<LoadedTrainer> | null = null;
  const load = (): Promise<LoadedTrainer> => {
    loaded ??= loadTrainer(path, params);
    return loaded;
  };
  return {
    bundle,
    loading: { name: `trainer ${module}`, withinMs: LOAD_WITHIN_MS },
    worker: () => ({ kind: "module", path, params }),
    describe: async (schema, signal) => {
      if (workers > 0) return describeInProcess({ type: "describe", path, params, schema }, signal);
      return describeTrainer(await unlessAborted(load(), signal), schema);
    },
    trainer: async (context) => createModuleTrainer(await load(), context),
    reserve: null,
    close: () => rm(path, { force: true }),
  };
}

async function writeBundle(folder: string, path: string, code: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(path, code);
  } catch (cause) {
    const { code: refusal, message } = cause as NodeJS.ErrnoException;
    const why = refusal === "ENOSPC" || refusal === "EDQUOT" ? "its disk is full" : message;
    const text = `the trainer's bundle cannot be written there: ${why}; free space there, or name another folder with TMPDIR`;
    throw new ManyfitError("run_unwritable", `temporary folder ${folder}: ${text}`, { cause });
  }
}

function describeInProcess(question: EngineMessage, signal: AbortSignal): Promise<TrainerDescription> {
  const entry = createRequire(import.meta.url).resolve("#worker-process");
  const start = ({ onAnswer, onEnd, onFailure }: AskListener<TrainerDescription>): AskedProcess => {
    const worker = new WorkerProcess("its process", entry, {
      onMessage: (message) => {
        if (message.type === "described") onAnswer(message);
        else if (message.type === "broken") onFailure(new ManyfitError(message.code, message.message));
      },
      onDeath: onEnd,
      onFailure,
    });
    worker.send(question);
    return worker;
  };
  return askTrainer({ name: "trainer", withinMs: LOAD_WITHIN_MS, start }, signal);
}
