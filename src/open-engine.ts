import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { type Duckdb, openDuckdb } from "./duckdb/duckdb.ts";
import type { Engine } from "./engine/engine.ts";
import { createLocalEngine, type LocalEngineOptions } from "./engine/local/local-engine.ts";
import { type MemoryBudget, planMemory } from "./engine/local/memory-budget.ts";
import type { EngineSpec, SparkSpec } from "./engine-options.ts";
import { BUILT_IN_ESTIMATORS } from "./trainer/built-in-estimators.ts";

/** Share of the free memory that DuckDB may take before it spills, where nobody says how much there is for all. */
const DUCKDB_SHARE = 0.4;

/** What is said of an engine beside its workers. */
export interface EngineOptions
  extends Partial<
    Pick<LocalEngineOptions, "families" | "threadEntry" | "bucketLimits" | "python" | "startsAhead">
  > {
  /** Where the work is done. Default: on this machine. */
  readonly engine?: EngineSpec;
  /** Ends the way to a cluster that does not answer. Default: never. */
  readonly signal?: AbortSignal;
  /** What the run may take. Default: DuckDB has 0.4 of what is free, and worker processes have no limit. */
  readonly memory?: {
    /** Bytes of the process and its workers together; null: half of what is free. */
    readonly memoryBytes: number | null;
    /** Bytes of each worker process; null: what is left for it. */
    readonly memoryPerWorkerBytes: number | null;
    /** Whether workers are processes: the trainer is one of the user's. */
    readonly isProcess: boolean;
    /** Whether these are Python. Default: false. */
    readonly isPython?: boolean;
  };
}

/** What one job runs with. Must be closed. */
export interface OpenedEngine {
  readonly duckdb: Duckdb;
  /** Where DuckDB puts what does not fit into memory. */
  readonly tempFolder: string;
  readonly engine: Engine;
  /** Who may take how much; null where nobody said. */
  readonly memory: MemoryBudget | null;
  close(): Promise<void>;
}

/** A signal that is never aborted. */
const NEVER = new AbortController().signal;

/**
 * Opens DuckDB and the engine over it: that of this machine, within a budget of memory, or one of a Spark cluster, which has
 * limits of its own.
 * @throws ManyfitError `invalid_option` for a budget that is too small to run in, `spark_unreachable` or `spark_refused` where
 *   there is no cluster.
 */
export async function openEngine(workers: number, options: EngineOptions = {}): Promise<OpenedEngine> {
  const { memory: told, engine: spec = { kind: "local" }, signal = NEVER, ...extra } = options;
  const memory = told === undefined || spec.kind === "spark" ? null : budgetOf(workers, told);
  // Made by DuckDB if it has to spill, and for bundles of modules.
  const tempFolder = join(tmpdir(), `manyfit-${randomUUID()}`);
  claimFolder(tempFolder);
  let duckdb: Duckdb | null = null;
  const free = (): void => {
    duckdb?.close();
    freeFolder(tempFolder);
  };
  try {
    duckdb = await openDuckdb({
      threads: availableParallelism(),
      memoryBytes: memory?.duckdbBytes ?? process.availableMemory() * DUCKDB_SHARE,
      ...(memory === null ? {} : { streamBytes: memory.streamBytes }),
      tempFolder,
    });
    const common = { duckdb, tempFolder, families: BUILT_IN_ESTIMATORS };
    const engine =
      spec.kind === "spark"
        ? await openSpark(spec, {
            ...{ ...common, told, signal },
            ...{ python: extra.python ?? null, startsAhead: extra.startsAhead ?? false },
          })
        : await createLocalEngine({ ...common, workers, ...(memory === null ? {} : { memory }), ...extra });
    return { duckdb, memory, tempFolder, engine, close: () => engine.close().finally(free) };
  } catch (error) {
    free();
    throw error;
  }
}

interface SparkContext {
  readonly duckdb: Duckdb;
  readonly tempFolder: string;
  readonly families: LocalEngineOptions["families"];
  readonly told: EngineOptions["memory"];
  readonly python: string | null;
  readonly startsAhead: boolean;
  readonly signal: AbortSignal;
}

/** What speaks with Spark is loaded by whoever needs it: all other commands begin without. */
async function openSpark(spec: SparkSpec, { told, ...context }: SparkContext): Promise<Engine> {
  const { createSparkEngine } = await import("./engine/spark/spark-engine.ts");
  return createSparkEngine(spec, { ...context, memoryPerWorkerBytes: told?.memoryPerWorkerBytes ?? null });
}

/** Temporary folders of engines that are open in this process. */
const folders = new Set<string>();

/** A process that is told to exit in the midst of a run closes nothing. */
function removeFolders(): void {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}

function claimFolder(folder: string): void {
  if (folders.size === 0) process.once("exit", removeFolders);
  folders.add(folder);
}

function freeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  folders.delete(folder);
  if (folders.size === 0) process.off("exit", removeFolders);
}

function budgetOf(workers: number, told: NonNullable<EngineOptions["memory"]>): MemoryBudget {
  return planMemory({
    totalBytes: told.memoryBytes,
    availableBytes: process.availableMemory(),
    workers,
    isProcess: told.isProcess,
    isPython: told.isPython ?? false,
    perWorkerBytes: told.memoryPerWorkerBytes,
  });
}
