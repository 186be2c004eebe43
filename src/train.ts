import { availableParallelism } from "node:os";
import { DUCKDB_VERSION } from "./duckdb/duckdb.ts";
import { spillError } from "./duckdb/spill-error.ts";
import type { ClusterFacts, Engine, Inspection } from "./engine/engine.ts";
import { type ErrorCode, errorFrom, ManyfitError } from "./errors.ts";
import { isEstimatorSpec, isPython } from "./job/job.ts";
import { type EngineOptions, type OpenedEngine, openEngine } from "./open-engine.ts";
import { keyText, planRun } from "./plan.ts";
import { FailureTally } from "./run/failure-tally.ts";
import { FitProgress } from "./run/fit-progress.ts";
import type { ResultBatch } from "./run/result-batch.ts";
import type { RunEvent } from "./run/run-event.ts";
import { RunLog } from "./run/run-log.ts";
import { spentBudgetText } from "./run/spent-budget.ts";
import { sampleMemory } from "./sample-memory.ts";
import { type FileHashing, hashFiles } from "./source/hash-files.ts";
import { checkUnchanged } from "./source/list-files.ts";
import type { Artifact } from "./store/artifact.ts";
import type { ReadFile, RunCluster, RunEnvironment } from "./store/manifest.ts";
import { checkNameIsFree } from "./store/new-folder.ts";
import { type OpenedRun, openRun } from "./store/open-run.ts";
import { createRunId } from "./store/run-folder.ts";
import { createRunWriter, type RunWriter } from "./store/run-writer.ts";
import type { WritePoint } from "./store/write-point.ts";
import { type Request, requestFrom, type TrainOptions } from "./train-options.ts";
import { VERSION } from "./version.ts";

/** What a run keeps of the user's trainer: JavaScript as its bundle, Python as it stands. */
function artifactsOf(bundle: Inspection["bundle"]): readonly Artifact[] {
  if (bundle === null) return [];
  return bundle.files ?? [{ name: "trainer.mjs", bytes: Buffer.from(bundle.code) }];
}

/** A signal that is never aborted. */
const NEVER = new AbortController().signal;

/**
 * Fits one model per partition and resolves when all of them are committed: the run it gives can be read at once,
 * and its ledger has exactly one row per partition, whatever became of each. A partition that fails is a row, not an
 * error. Throws a `ManyfitError` when the run as a whole cannot be done; nothing is committed then.
 */
export async function train(options: TrainOptions): Promise<OpenedRun> {
  const request = requestFrom(options);
  const engineOptions = engineOptionsOf(request, options.signal);
  const opened = await openEngine(request.workers, { ...engineOptions, startsAhead: true });
  try {
    return await trainWith(opened, request, options);
  } catch (error) {
    throw spillError(error, opened.tempFolder);
  } finally {
    await opened.close();
  }
}

/** What a request says of the engine, for `openEngine`. */
export function engineOptionsOf(
  { memoryBytes, memoryPerWorkerBytes, job, engine, python }: Request,
  signal: AbortSignal | undefined,
): EngineOptions {
  const memory = {
    memoryBytes,
    memoryPerWorkerBytes,
    isProcess: !isEstimatorSpec(job.trainer),
    isPython: isPython(job.trainer),
  };
  return { memory, engine, python, ...(signal === undefined ? {} : { signal }) };
}

/** What may listen to a run or stop it. */
export type RunHooks = Pick<TrainOptions, "onEvent" | "onPlan" | "signal"> & {
  /** Awaited at every write point of the store. */
  readonly onWritePoint?: (point: WritePoint) => void | Promise<void>;
};

/** {@link train} with an engine of one's own: inspect, plan, fit, store. */
export async function trainWith(opened: OpenedEngine, request: Request, hooks: RunHooks): Promise<OpenedRun> {
  const { name, runsFolder } = request;
  const id = name ?? createRunId();
  // Before anything is read, and once more when the folder is made.
  if (name !== null) await checkNameIsFree(runsFolder, id);
  const log = new RunLog(hooks.onEvent);
  const { name: engine, workers } = opened.engine;
  log.add({ type: "run.started", atMs: Date.now(), version: 1, run: id, engine, workers });
  const totalBytes = opened.memory?.totalBytes ?? null;
  const stopSampling = totalBytes === null ? null : sampleMemory((event) => log.add(event), totalBytes);
  try {
    return await trainLogged(opened, request, { id, log, hooks });
  } finally {
    stopSampling?.();
  }
}

/** A run that begins, and who is told of it. */
interface LoggedRun {
  readonly id: string;
  readonly log: RunLog;
  readonly hooks: RunHooks;
}

async function trainLogged(opened: OpenedEngine, request: Request, run: LoggedRun): Promise<OpenedRun> {
  const { id, log, hooks } = run;
  const { signal = NEVER } = hooks;
  const inspection = await opened.engine.inspect(request.job, (event) => log.add(event), signal);
  const planned = planRun(inspection, opened.engine);
  hooks.onPlan?.(planned);
  const { partitions, rows, bytes, fits } = planned;
  const isEstimator = !isEstimatorSpec(request.job.trainer);
  const skips = partitions - fits;
  log.add({ type: "run.planned", atMs: Date.now(), partitions, rows, skips, bytes, isEstimator });
  const { startedAtMs } = log;
  const writer = await openWriter(opened, request, inspection, { id, startedAtMs, hooks });
  log.attach(writer);
  const hashing = hashSource(inspection, opened.engine);
  const damage = new AbortController();
  hashing?.finished.catch((error: unknown) => damage.abort(error));
  try {
    await fitAll(opened, writer, log, {
      signal: AbortSignal.any([signal, damage.signal]),
      checkFailures: failureCheck(inspection, id),
    });
    await commit(opened, writer, log, { inspection, hashing, signal });
  } catch (thrown) {
    const found = damage.signal.aborted ? damage.signal.reason : thrown;
    const error = errorFrom(spillError(found, opened.tempFolder));
    const { message } = error;
    log.add({ type: "run.stopped", atMs: Date.now(), reason: STOP_REASONS[error.code] ?? "failed", message });
    // That it could not be stopped in good order says less than why it was stopped.
    await writer.stop().catch(() => undefined);
    throw error;
  } finally {
    await hashing?.stop();
  }
  return openRun(writer.folder);
}

/** Files that are partitions each are hashed by whoever reads them, all others beside the run, if they are here. */
function hashSource({ inventory: { job } }: Inspection, engine: Engine): FileHashing | null {
  if (engine.cluster !== null) return null;
  if (job.partitioning.kind === "file") return null;
  return hashFiles(job.files.map((file) => file.path));
}

/** A run that begins. */
interface NamedRun {
  readonly id: string;
  readonly startedAtMs: number;
}

function openWriter(
  opened: OpenedEngine,
  request: Request,
  { inventory, resultSchema, bundle }: Inspection,
  { id, startedAtMs, hooks }: NamedRun & { readonly hooks: RunHooks },
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
    origin: {
      workingFolder: process.cwd(),
      memoryBytes: request.memoryBytes,
      memoryPerWorkerBytes: request.memoryPerWorkerBytes,
      environment: environmentOf(opened),
    },
    startedAtMs,
    artifacts: artifactsOf(bundle),
    ...(opened.memory === null ? {} : { resultBytes: opened.memory.resultBytes }),
    ...(hooks.onWritePoint === undefined ? {} : { onWritePoint: hooks.onWritePoint }),
  });
}

/** What may end the fits before all are done. */
interface FitControl {
  readonly signal: AbortSignal;
  /** Throws when more partitions failed than may. */
  readonly checkFailures: (batch: ResultBatch) => void;
}

async function fitAll(
  opened: OpenedEngine,
  writer: RunWriter,
  log: RunLog,
  { signal, checkFailures }: FitControl,
): Promise<void> {
  const progress = new FitProgress();
  for await (const item of opened.engine.run(signal)) {
    if (item.type !== "result.batch") {
      log.add(item);
      continue;
    }
    await writer.append(item);
    const progressed = progress.add(item, Date.now());
    if (progressed !== null) log.add(progressed);
    // The failures themselves are kept, too.
    checkFailures(item);
  }
}

/** Why a run stops that is not stopped by an error like any other. */
const STOP_REASONS: Readonly<Partial<Record<ErrorCode, StopReason>>> = {
  interrupted: "interrupted",
  failure_budget_spent: "budget",
};

type StopReason = Extract<RunEvent, { readonly type: "run.stopped" }>["reason"];

/** Counts what fails, and throws `failure_budget_spent` as soon as it is more than the job allows. */
function failureCheck({ inventory }: Inspection, run: string): FitControl["checkFailures"] {
  const { job, partitionCount } = inventory;
  const budget = job.policy.maxFailed;
  if (budget === null) return () => undefined;
  const keyOf = (partition: number): string => keyText(inventory, partition);
  const tally = new FailureTally();
  return (batch) => {
    tally.add(batch);
    const spent = spentBudgetText(tally, { budget, partitions: partitionCount, run, keyOf });
    if (spent !== null) throw new ManyfitError("failure_budget_spent", spent);
  };
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
  opened: OpenedEngine,
  writer: RunWriter,
  log: RunLog,
  { inspection, hashing, signal }: CommitInput,
): Promise<void> {
  const { job, partitionCount: total } = inspection.inventory;
  const commitStartedAtMs = Date.now();
  log.add({ type: "phase.started", atMs: commitStartedAtMs, phase: "committing", total, unit: "partitions" });
  const files = await readFiles(inspection, hashing, writer, signal);
  const environment = environmentOf(opened);
  const { startedAtMs } = log;
  const facts = {
    job,
    files,
    countedRows: countedRowsOf(inspection),
    environment,
    startedAtMs,
    commitStartedAtMs,
    phaseMs: log.phaseMs(),
  };
  const progress = commitProgress(total, (done) =>
    log.add({ type: "phase.progressed", atMs: Date.now(), phase: "committing", done }),
  );
  // From now on the run is written; until now its source was hashed.
  log.add({ type: "phase.progressed", atMs: Date.now(), phase: "committing", done: 0 });
  const { counts, digest } = await writer.commit(facts, progress);
  log.add({ type: "run.committed", atMs: Date.now(), counts: counts.states, digest });
}

/** Rows of all partitions as they were counted; null where they were not. */
function countedRowsOf({ inventory: { rows } }: Inspection): number | null {
  const sum = rows.reduce((total, some) => total + some, 0);
  return Number.isNaN(sum) ? null : sum;
}

/** Passes on how far a commit is, once for each whole percent: it is said of every 2,048 partitions. */
function commitProgress(total: number, tell: (done: number) => void): (done: number) => void {
  let told = 0;
  return (done) => {
    if (done < total && Math.floor((100 * done) / total) <= Math.floor((100 * told) / total)) return;
    told = done;
    tell(done);
  };
}

function clusterOf({ server, version, python }: ClusterFacts): RunCluster {
  return { server, version, python };
}

function environmentOf({ engine }: OpenedEngine): RunEnvironment {
  return {
    manyfit: VERSION,
    node: process.versions.node,
    duckdb: DUCKDB_VERSION,
    platform: `${process.platform}-${process.arch}`,
    cores: availableParallelism(),
    engine: engine.name,
    workers: engine.workers,
    ...(engine.cluster === null ? {} : { spark: clusterOf(engine.cluster) }),
  };
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
  // Files that an engine on a cluster reads are hashed where they are partitions each.
  if (job.partitioning.kind !== "file")
    return job.files.map((file, i) => ({ ...file, sha256: null, rows: fileRows?.[i] ?? null }));
  const facts = writer.fileFacts();
  if (facts === null) throw new ManyfitError("internal", `run ${writer.id}: nothing is known of its files`);
  return job.files.map((file, i) => ({
    ...file,
    bytes: facts.bytes[i] ?? file.bytes,
    sha256: facts.sha256[i] ?? null,
    rows: facts.rows[i] ?? null,
  }));
}
