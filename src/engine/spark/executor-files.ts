import { readdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { TrainerBundle } from "../../bundle/bundle-trainer.ts";
import { ManyfitError } from "../../errors.ts";
import type { ResolvedJob } from "../../job/resolved-job.ts";
import type { PythonSource } from "../../job/trainer-description.ts";
import { sliceKeys } from "../../key/key-list.ts";
import type { WorkerLimits } from "../../pool/worker-options.ts";
import type { PoolInit } from "../../pool/worker-pool.ts";
import { encodeFrame } from "../../protocol/frame.ts";
import type { ModelCap, WorkerTrainer } from "../../protocol/message.ts";
import { needsKeys } from "../../protocol/needs-keys.ts";
import type { ResultSchema } from "../../run/result-schema.ts";
import { EXECUTOR_VERSION, type ExecutorJob, type JobBucket, type JobFile } from "./executor/job-file.ts";
import type { SparkFiles, SparkKeys } from "./prepared.ts";
import type { SparkBuckets } from "./spark-buckets.ts";

const require = createRequire(import.meta.url);

/** What executors fit with. */
export interface ExecutorTrainer {
  readonly trainer: WorkerTrainer;
  readonly resultSchema: ResultSchema;
  readonly limits: WorkerLimits;
  /** The user's trainer; null for estimators. */
  readonly bundle: TrainerBundle | null;
}

/** Name of a bundled module in the job file. */
const MODULE = "trainer.mjs";

/** The source text of the function that Spark's Python workers run, whose entry is `run_task`. */
export async function shimSource(): Promise<string> {
  const shim = require.resolve("#spark-shim");
  const paths = ["frames.py", "node.py"].map((name) => join(dirname(shim), name));
  const texts = [...paths, shim].map((path) => readFile(path, "utf8"));
  return (await Promise.all(texts)).join("\n");
}

/** Two rows of 120 MB at a time have stopped a driver of 1 GB: its job neither ended nor failed. */
const MODEL_CAP: ModelCap = {
  mostBytes: 2 ** 25,
  advice:
    "models pass Spark's driver, which larger ones can stop; make the model smaller (fewer trees, no copy of the rows in it), or train without --spark",
};

/** The job file of a run by key, see {@link ExecutorJob}. */
export function keyedJobFile(
  prepared: SparkKeys,
  buckets: SparkBuckets,
  executors: ExecutorTrainer,
): Promise<Uint8Array> {
  const { job } = prepared.inventory;
  const seesKeys = needsKeys({ trainer: executors.trainer, rowPolicy: job.rowPolicy });
  return jobFile(job, executors, {
    filePlan: null,
    buckets: Array.from(buckets.rowCounts, (_, task) => bucketOf(prepared, buckets, task, seesKeys)),
    source: null,
  });
}

/** The job file of a run in which files are partitions. */
export function filesJobFile(
  { inventory: { job, keys }, plan }: SparkFiles,
  executors: ExecutorTrainer,
): Promise<Uint8Array> {
  const seesKeys = needsKeys({ trainer: executors.trainer, rowPolicy: job.rowPolicy });
  const paths = job.files.map(({ path }) => path);
  return jobFile(job, executors, {
    filePlan: plan,
    buckets: [],
    source: { paths, keys: seesKeys ? keys : null },
  });
}

async function jobFile(
  { readColumns, keyFields, seed, rowPolicy, module }: ResolvedJob,
  { trainer, resultSchema, limits, bundle }: ExecutorTrainer,
  { filePlan, buckets, source }: Pick<ExecutorJob, "buckets" | "source"> & Pick<PoolInit, "filePlan">,
): Promise<Uint8Array> {
  const sources = module?.python?.sources ?? [];
  const job: ExecutorJob = {
    version: EXECUTOR_VERSION,
    init: {
      ...{ trainer: namedTrainer(trainer, sources), readColumns, keyFields, seed, rowPolicy, filePlan },
      modelCap: MODEL_CAP,
    },
    ...{ limits, resultSchema, buckets, source },
    files: filesOf(trainer, bundle, sources),
    pythonHost: trainer.kind === "python" ? await pythonHostFiles() : [],
  };
  return Buffer.concat(encodeFrame(job));
}

function bucketOf(
  { inventory, dictionary }: SparkKeys,
  { first, tooLarge }: SparkBuckets,
  task: number,
  seesKeys: boolean,
): JobBucket {
  const [from, to] = [first[task]!, first[task + 1]!];
  return {
    firstPartition: from,
    partitionRows: inventory.rows.slice(from, to),
    textBytes: dictionary.textBytes.map((bytes) =>
      bytes === null ? 0 : bytes.subarray(from, to).reduce((sum, some) => sum + some, 0),
    ),
    keys: seesKeys ? sliceKeys(inventory.keys, from, to) : null,
    isRefused: tooLarge.has(from),
  };
}

/** The trainer, whose paths are names of the job's files. */
function namedTrainer(trainer: WorkerTrainer, sources: readonly PythonSource[]): WorkerTrainer {
  if (trainer.kind === "module") return { ...trainer, path: MODULE };
  if (trainer.kind === "python" && trainer.trainer.kind === "file")
    return { ...trainer, trainer: { ...trainer.trainer, path: sources[0]!.name } };
  return trainer;
}

/** Python finds what a trainer imports from beside it where it lies under the names that it has here. */
function filesOf(
  trainer: WorkerTrainer,
  bundle: TrainerBundle | null,
  sources: readonly PythonSource[],
): JobFile[] {
  if (trainer.kind === "estimator") return [];
  if (trainer.kind === "python" && trainer.trainer.kind === "sklearn") return [];
  if (bundle === null) throw new ManyfitError("internal", "a trainer of the user's has no bundle");
  if (trainer.kind === "module") return [{ name: MODULE, bytes: Buffer.from(bundle.code) }];
  const kept = new Map(bundle.files?.map(({ name, bytes }) => [name, bytes]));
  return sources.map(({ name, file }) => ({ name, bytes: kept.get(file)! }));
}

async function pythonHostFiles(): Promise<JobFile[]> {
  const folder = dirname(require.resolve("#python-host"));
  const names = (await readdir(folder)).filter((name) => name.endsWith(".py")).sort();
  return Promise.all(names.map(async (name) => ({ name, bytes: await readFile(join(folder, name)) })));
}
