import { readdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import type { TrainerBundle } from "../../bundle/bundle-trainer.ts";
import { ManyfitError } from "../../errors.ts";
import { sliceKeys } from "../../key/key-list.ts";
import type { WorkerLimits } from "../../pool/worker-options.ts";
import { encodeFrame } from "../../protocol/frame.ts";
import type { WorkerTrainer } from "../../protocol/message.ts";
import { needsKeys } from "../../protocol/needs-keys.ts";
import type { ResultSchema } from "../../run/result-schema.ts";
import { EXECUTOR_VERSION, type ExecutorJob, type JobBucket, type JobFile } from "./executor/job-file.ts";
import type { SparkKeys } from "./prepared.ts";
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
  const texts = [join(dirname(shim), "frames.py"), shim].map((path) => readFile(path, "utf8"));
  return (await Promise.all(texts)).join("\n");
}

/**
 * The job file of a run by key, see {@link ExecutorJob}.
 * @throws ManyfitError `invalid_option` for a trainer that cannot be brought to executors.
 */
export async function keyedJobFile(
  prepared: SparkKeys,
  buckets: SparkBuckets,
  { trainer, resultSchema, limits, bundle }: ExecutorTrainer,
): Promise<Uint8Array> {
  const { readColumns, keyFields, seed, rowPolicy } = prepared.inventory.job;
  const seesKeys = needsKeys({ trainer, rowPolicy });
  const job: ExecutorJob = {
    version: EXECUTOR_VERSION,
    init: { trainer: namedTrainer(trainer), readColumns, keyFields, seed, rowPolicy, filePlan: null },
    limits,
    resultSchema,
    buckets: Array.from(buckets.rowCounts, (_, task) => bucketOf(prepared, buckets, task, seesKeys)),
    files: filesOf(trainer, bundle),
    pythonHost: trainer.kind === "python" ? await pythonHostFiles() : [],
  };
  return Buffer.concat(encodeFrame(job));
}

function bucketOf(
  { inventory, dictionary }: SparkKeys,
  { first }: SparkBuckets,
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
  };
}

/** The trainer, whose paths are names of the job's files. */
function namedTrainer(trainer: WorkerTrainer): WorkerTrainer {
  if (trainer.kind === "module") return { ...trainer, path: MODULE };
  if (trainer.kind === "python" && trainer.trainer.kind === "file")
    return { ...trainer, trainer: { ...trainer.trainer, path: basename(trainer.trainer.path) } };
  return trainer;
}

function filesOf(trainer: WorkerTrainer, bundle: TrainerBundle | null): JobFile[] {
  if (trainer.kind === "estimator") return [];
  if (trainer.kind === "python" && trainer.trainer.kind === "sklearn") return [];
  if (bundle === null) throw new ManyfitError("internal", "a trainer of the user's has no bundle");
  if (trainer.kind === "module") return [{ name: MODULE, bytes: Buffer.from(bundle.code) }];
  const files = bundle.files ?? [];
  const nested = files.find(({ name }) => basename(name) !== name);
  if (nested !== undefined)
    throw new ManyfitError(
      "invalid_option",
      `trainer ${bundle.name}: imports ${nested.name}, a file in a folder, which is not brought to Spark's executors; lay it beside the trainer, or install it where the executors' Python finds it`,
    );
  return files.length > 0 ? [...files] : [{ name: bundle.name, bytes: Buffer.from(bundle.code) }];
}

async function pythonHostFiles(): Promise<JobFile[]> {
  const folder = dirname(require.resolve("#python-host"));
  const names = (await readdir(folder)).filter((name) => name.endsWith(".py")).sort();
  return Promise.all(names.map(async (name) => ({ name, bytes: await readFile(join(folder, name)) })));
}
