import { mkdir, mkdtemp, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ManyfitError } from "../../../errors.ts";
import type { PoolInit } from "../../../pool/worker-pool.ts";
import type { ExecutorJob, JobFile } from "./job-file.ts";

/** Folders within the one that a job is unpacked into. */
const TRAINER = "trainer";
const PYTHON_HOST = "manyfit_host";

/**
 * What the worker of this executor is told: the job's, with the paths that its files have here. They are unpacked beside
 * the job file (`jobPath`), once for all hosts that share it, and go when Spark removes its session's folder.
 * @throws ManyfitError `worker_failed` where the folder cannot be written.
 */
export async function initOnExecutor(job: ExecutorJob, jobPath: string, python: string): Promise<PoolInit> {
  const { trainer } = job.init;
  if (trainer.kind === "estimator") return job.init;
  const folder = await unpack(job, `${jobPath}.files`).catch((cause: Error) => {
    throw new ManyfitError("worker_failed", `executor cannot unpack the trainer: ${cause.message}`, {
      cause,
    });
  });
  const pathOf = (name: string): string => join(folder, TRAINER, name);
  if (trainer.kind === "module") return { ...job.init, trainer: { ...trainer, path: pathOf(trainer.path) } };
  const spec = trainer.trainer;
  const onExecutor = spec.kind === "file" ? { ...spec, path: pathOf(spec.path) } : spec;
  return {
    ...job.init,
    trainer: {
      ...trainer,
      trainer: onExecutor,
      python,
      folder,
      host: join(folder, PYTHON_HOST, "__main__.py"),
    },
  };
}

/** Writes the files into a folder of another name first: under its own name it is complete. */
async function unpack(job: ExecutorJob, folder: string): Promise<string> {
  if (await isThere(folder)) return folder;
  const unfinished = await mkdtemp(`${folder}-`);
  try {
    await writeFiles(join(unfinished, TRAINER), job.files);
    await writeFiles(join(unfinished, PYTHON_HOST), job.pythonHost);
    await rename(unfinished, folder);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    // Another host of the same job was faster.
    if (!(await isThere(folder))) throw error;
  }
  return folder;
}

async function writeFiles(folder: string, files: readonly JobFile[]): Promise<void> {
  await mkdir(folder);
  for (const { name, bytes } of files) {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, bytes, { flag: "wx" });
  }
}

async function isThere(folder: string): Promise<boolean> {
  return stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
