import { randomUUID } from "node:crypto";
import { mkdir, rm, statfs, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { DUCKDB_VERSION, openDuckdb } from "../duckdb/duckdb.ts";
import { megabytes, planMemory } from "../engine/local/memory-budget.ts";
import { errorFrom } from "../errors.ts";
import { LOWEST_NODE, VERSION } from "../version.ts";
import { type Finding, wellFound } from "./finding.ts";

/** What every run needs: Node, DuckDB, cores, memory and a place for what does not fit into it. */
export async function manyfitFindings(): Promise<Finding[]> {
  return [
    wellFound({ name: "manyfit", part: "manyfit", found: VERSION, facts: { version: VERSION } }),
    nodeFinding(process.versions.node),
    await duckdbFinding(),
    coresFinding(),
    memoryFinding(process.availableMemory()),
    await temporaryFinding(tmpdir()),
  ];
}

/** Whether a version of Node is one that manyfit runs on. */
export function nodeFinding(version: string): Finding {
  const about = {
    ...({ name: "Node", part: "manyfit", found: version, note: `${LOWEST_NODE} or later` } as const),
    facts: { version, lowest: LOWEST_NODE, platform: `${process.platform} ${process.arch}` },
  };
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [lowestMajor = 0, lowestMinor = 0] = LOWEST_NODE.split(".").map(Number);
  if (major > lowestMajor || (major === lowestMajor && minor >= lowestMinor)) return wellFound(about);
  const problem = "is too old; install a later one from https://nodejs.org";
  return { ...about, state: "broken", problem, mend: null };
}

async function duckdbFinding(): Promise<Finding> {
  const version = DUCKDB_VERSION.replace(/^v/, "");
  const about = { name: "DuckDB", part: "manyfit", found: version, facts: { version } } as const;
  const tempFolder = join(tmpdir(), `manyfit-${randomUUID()}`);
  try {
    const duckdb = await openDuckdb({ threads: 1, memoryBytes: 2 ** 27, tempFolder });
    try {
      const connection = await duckdb.connect();
      await connection.rows("select 1 as one");
      connection.close();
    } finally {
      duckdb.close();
    }
    return wellFound(about);
  } catch (thrown) {
    const problem = `does not answer: ${errorFrom(thrown).message}`;
    return { ...about, note: null, state: "broken", problem, mend: null };
  } finally {
    await rm(tempFolder, { recursive: true, force: true });
  }
}

function coresFinding(): Finding {
  const workers = availableParallelism();
  return wellFound({
    ...{ name: "workers", part: "manyfit", found: String(workers), facts: { workers } },
    note: "one for each core; --workers tells how many",
  });
}

/** What a run takes of this much free memory, in bytes, when nobody tells how much. */
export function memoryFinding(freeBytes: number): Finding {
  const { totalBytes } = planMemory({
    ...{ totalBytes: null, availableBytes: freeBytes, perWorkerBytes: null },
    ...{ workers: availableParallelism(), isProcess: false },
  });
  const about = {
    ...({ name: "memory", part: "manyfit", found: megabytes(totalBytes) } as const),
    note: `of ${megabytes(freeBytes)} that are free; --memory tells how much`,
    facts: { freeBytes, runBytes: totalBytes },
  };
  if (freeBytes >= totalBytes) return wellFound(about);
  const problem = "is more than is free: a run may be ended by the system; give it fewer --workers";
  return { ...about, state: "broken", problem, mend: null };
}

/** Whether a folder takes files, and how much room it has. */
export async function temporaryFinding(folder: string): Promise<Finding> {
  const about = { name: "disk", part: "manyfit" } as const;
  const own = join(folder, `manyfit-${randomUUID()}`);
  try {
    await mkdir(own);
    await writeFile(join(own, "file"), "manyfit");
    const { bavail, bsize } = await statfs(own);
    const freeBytes = bavail * bsize;
    return wellFound({
      ...{ ...about, found: megabytes(freeBytes), facts: { folder, freeBytes } },
      note: `free in ${folder}; TMPDIR tells where`,
    });
  } catch (thrown) {
    const problem = `${folder} takes no files: ${errorFrom(thrown).message}; name another folder with TMPDIR`;
    return { ...about, found: null, note: null, state: "broken", problem, mend: null, facts: { folder } };
  } finally {
    await rm(own, { recursive: true, force: true }).catch(() => undefined);
  }
}
