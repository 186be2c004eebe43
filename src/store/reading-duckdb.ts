import { randomBytes } from "node:crypto";
import { availableParallelism, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { type Duckdb, openDuckdb } from "../duckdb/duckdb.ts";

/** A query that needs more spills to the temporary folder of the system. */
const MEMORY_SHARE = 0.25;

/** A DuckDB for reading runs, with the machine's cores and a quarter of its memory; it must be closed. */
export function openReadingDuckdb(): Promise<Duckdb> {
  return openDuckdb({
    threads: availableParallelism(),
    memoryBytes: totalmem() * MEMORY_SHARE,
    tempFolder: join(tmpdir(), `manyfit-${randomBytes(6).toString("hex")}`),
  });
}
