import { availableParallelism } from "node:os";
import { DUCKDB_VERSION } from "./duckdb/duckdb.ts";
import type { Inspection } from "./engine/engine.ts";
import { errorFrom, ManyfitError } from "./errors.ts";
import { checkMemory, type OpenedEngine, openEngine } from "./open-engine.ts";
import { type Plan, planRun } from "./plan.ts";
import { RunLog } from "./run/run-log.ts";
import { type FileHashing, hashFiles } from "./source/hash-files.ts";
import { checkUnchanged } from "./source/list-files.ts";
import type { ReadFile } from "./store/manifest.ts";
import { type OpenedRun, openRun } from "./store/open-run.ts";
import { createRunId } from "./store/run-folder.ts";
import { createRunWriter, type RunWriter } from "./store/run-writer.ts";
import type { WritePoint } from "./store/write-point.ts";
import { type Request, requestFrom, type TrainOptions } from "./train-options.ts";
import { VERSION } from "./version.ts";

/** Name under which a run keeps the bundle of the user's trainer. */
const TRAINER_FILE = "trainer.mjs";

/** A signal that is never aborted. */
const NEVER = new AbortController().signal;

/**
 * Fits one model per partition and resolves when all of them are committed: the run it gives can be read at once,
 * and its ledger has exactly one row per partition, whatever became of each. A partition that fails is a row, not an
 * error. Throws a `ManyfitError` when the run as a whole cannot be done; nothing is committed then.
 */
export async function train(options: TrainOptions): Promise<OpenedRun> {
  const request = requestFrom(options);
  const opened = await openEngine(request.workers);
  try {
    return await trainWith(opened, request, options);
  } finally {
    await opened.close();
  }
}

/** What `train` would do with the same options: reads and counts the source, fits nothing, writes nothing. */
export async function plan(options: TrainOptions): Promise<Plan> {
  const request = requestFrom(options);
  const opened = await openEngine(request.workers);
  try {
    const inspection = await opened.engine.inspect(
      request.job,
      (event) => options.onEvent?.(event),
      options.signal ?? NEVER,
    );
    return planRun(inspection, opened.engine);
  } finally {
    await opened.close();
  }
}

/** What may listen to a run or stop it. */
export type RunHooks = Pick<TrainOptions, "onEvent" | "onPlan" | "signal"> & {
  /** Awaited at every write point of the store. */
  readonly onWritePoint?: (point: WritePoint) => void | Promise<void>;
};

/** {@link train} with an engine of one's own: inspect, plan, fit, store. */
export async function trainWith(opened: OpenedEngine, request: Request, hooks: RunHooks): Promise<OpenedRun> {
  const { engine } = opened;
  const id = request.name ?? createRunId();
  const log = new RunLog(hooks.onEvent);
  log.add({
    type: "run.started",
    atMs: Date.now(),
    version: 1,
    run: id,
    engine: engine.name,
    workers: engine.workers,
  });
  const { signal = NEVER } = hooks;
  const inspection = await engine.inspect(request.job, (event) => log.add(event), signal);
  const planned = planRun(inspection, engine);
  hooks.onPlan?.(planned);
  checkMemory(inspection);
  const { partitions, rows, fits } = planned;
  log.add({ type: "run.planned", atMs: Date.now(), partitions, rows, skips: partitions - fits });
  const writer = await openWriter(opened, request, inspection, { id, hooks });
  log.attach(writer);
  const hashing = hashSource(inspection);
  const damage = new AbortController();
  hashing?.finished.catch((error: unknown) => damage.abort(error));
  try {
    await fitAll(opened, writer, log, AbortSignal.any([signal, damage.signal]));
    await commit(opened, writer, log, { inspection, hashing, signal });
  } catch (thrown) {
    const error = errorFrom(damage.signal.aborted ? damage.signal.reason : thrown);
    const reason = error.code === "interrupted" ? "interrupted" : "failed";
    log.add({ type: "run.stopped", atMs: Date.now(), reason, message: error.message });
    // That it could not be stopped in good order says less than why it was stopped.
    await writer.stop().catch(() => undefined);
    throw error;
  } finally {
    await hashing?.stop();
  }
  return openRun(writer.folder);
}

/** Files that are partitions each are hashed by whoever reads them, all others beside the run. */
function hashSource({ inventory: { job } }: Inspection): FileHashing | null {
  if (job.partitioning.kind === "file") return null;
  return hashFiles(job.files.map((file) => file.path));
}

function openWriter(
  opened: OpenedEngine,
  request: Request,
  { inventory, resultSchema, bundle }: Inspection,
  { id, hooks }: { readonly id: string; readonly hooks: RunHooks },
): Promise<RunWriter> {
  return createRunWriter({
    duckdb: opened.duckdb,
    runsFolder: request.runsFolder,
    id,
    keyFields: inventory.job.keyFields,
    keys: inventory.keys,
    resultSchema,
    seed: request.job.seed,
    job: inventory.job,
    artifacts: bundle === null ? [] : [{ name: TRAINER_FILE, bytes: Buffer.from(bundle.code) }],
    ...(hooks.onWritePoint === undefined ? {} : { onWritePoint: hooks.onWritePoint }),
  });
}

async function fitAll(
  opened: OpenedEngine,
  writer: RunWriter,
  log: RunLog,
  signal: AbortSignal,
): Promise<void> {
  for await (const item of opened.engine.run(signal)) {
    if (item.type === "result.batch") await writer.append(item);
    else log.add(item);
  }
}

interface CommitInput {
  readonly inspection: Inspection;
  /** Null where the files' hashes come with the results. */
  readonly hashing: FileHashing | null;
  readonly signal: AbortSignal;
}

/** What a promise gives, unless the signal is aborted before: the last moment at which a run can be stopped. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const interrupted = new ManyfitError("interrupted", "run was interrupted");
  if (signal.aborted) throw interrupted;
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(interrupted);
    signal.addEventListener("abort", stop);
  });
  try {
    return await Promise.race([aborted, promise]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

async function commit(
  { engine }: OpenedEngine,
  writer: RunWriter,
  log: RunLog,
  { inspection, hashing, signal }: CommitInput,
): Promise<void> {
  const { job, partitionCount: total } = inspection.inventory;
  const commitStartedAtMs = Date.now();
  log.add({ type: "phase.started", atMs: commitStartedAtMs, phase: "committing", total, unit: "partitions" });
  const files = await readFiles(inspection, hashing, writer, signal);
  const manifest = await writer.commit({
    job,
    files,
    environment: {
      manyfit: VERSION,
      node: process.versions.node,
      duckdb: DUCKDB_VERSION,
      platform: `${process.platform}-${process.arch}`,
      cores: availableParallelism(),
      engine: engine.name,
      workers: engine.workers,
    },
    startedAtMs: log.startedAtMs,
    commitStartedAtMs,
    phaseMs: log.phaseMs(),
  });
  const { counts, digest } = manifest;
  log.add({ type: "run.committed", atMs: Date.now(), counts: counts.states, digest });
}

/** What was read, with what identifies its content. */
async function readFiles(
  { inventory: { job, fileRows } }: Inspection,
  hashing: FileHashing | null,
  writer: RunWriter,
  signal: AbortSignal,
): Promise<ReadFile[]> {
  if (hashing !== null) {
    const sha256 = await unlessAborted(hashing.finished, signal);
    checkUnchanged(job.files);
    return job.files.map((file, i) => ({ ...file, sha256: sha256[i]!, rows: fileRows?.[i] ?? null }));
  }
  const facts = writer.fileFacts();
  if (facts === null) throw new ManyfitError("internal", `run ${writer.id}: nothing is known of its files`);
  return job.files.map((file, i) => ({
    ...file,
    bytes: facts.bytes[i] ?? file.bytes,
    sha256: facts.sha256[i] ?? null,
    rows: facts.rows[i] ?? null,
  }));
}
