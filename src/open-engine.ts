import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { type Duckdb, openDuckdb } from "./duckdb/duckdb.ts";
import type { Engine, Inspection } from "./engine/engine.ts";
import { createLocalEngine, type LocalEngineOptions } from "./engine/local/local-engine.ts";
import { ManyfitError } from "./errors.ts";
import { BUILT_IN_ESTIMATORS } from "./trainer/built-in-estimators.ts";

/** Share of the free memory that DuckDB may take before it spills; the exchange and the fits have the rest. */
const DUCKDB_SHARE = 0.4;

/** What one job runs with. Must be closed. */
export interface OpenedEngine {
  readonly duckdb: Duckdb;
  readonly engine: Engine;
  close(): Promise<void>;
}

/** Opens DuckDB and the local engine over it. `extra` is for engines with estimators or limits of one's own. */
export async function openEngine(
  workers: number,
  extra?: Partial<Pick<LocalEngineOptions, "families" | "threadEntry" | "bucketLimits">>,
): Promise<OpenedEngine> {
  // Made by DuckDB if it has to spill, and for bundles of modules.
  const tempFolder = join(tmpdir(), `manyfit-${randomUUID()}`);
  const removeTemp = (): void => rmSync(tempFolder, { recursive: true, force: true });
  // A process that is told to exit in the midst of a run closes nothing.
  process.once("exit", removeTemp);
  const duckdb = await openDuckdb({
    threads: availableParallelism(),
    memoryBytes: process.availableMemory() * DUCKDB_SHARE,
    tempFolder,
  });
  const engine = await createLocalEngine({
    duckdb,
    workers,
    tempFolder,
    families: BUILT_IN_ESTIMATORS,
    ...extra,
  });
  return {
    duckdb,
    engine,
    close: async () => {
      await engine.close();
      duckdb.close();
      removeTemp();
      process.off("exit", removeTemp);
    },
  };
}

/** Throws `memory_exceeded` when the rows of a job will not fit into what is free. */
export function checkMemory({ exchangeBytes, inventory }: Inspection): void {
  const freeBytes = process.availableMemory();
  if (exchangeBytes <= freeBytes) return;
  const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
  throw new ManyfitError(
    "memory_exceeded",
    `${inventory.rowCount ?? "all"} rows need ${gigabytes(exchangeBytes)} of memory and ${gigabytes(freeBytes)} is free; name fewer --features, filter rows with --where, or fit with --workers 0, which sorts on disk`,
  );
}
