import { existsSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Connection, Duckdb } from "../duckdb/duckdb.ts";
import type { ResultSchema } from "../run/result-schema.ts";
import { checkUnchangedArtifacts } from "./artifact.ts";
import { checkParts, type ExpectedParts } from "./check-parts.ts";
import { copyModels } from "./copy-models.ts";
import { digestOf } from "./digest.ts";
import { hashFile, renameDurably, syncFile, syncFolder, writeSynced } from "./disk.ts";
import {
  type ArtifactFile,
  type Manifest,
  RUN_FORMAT,
  type RunFacts,
  type StoredKeyField,
} from "./manifest.ts";
import { type NamedMetrics, nameMetrics } from "./metric-names.ts";
import { copyToParquet, readStoredParquet } from "./parquet-sql.ts";
import { countLedger } from "./run-counts.ts";
import { listParts, RUN_FILE, UNFINISHED } from "./run-files.ts";
import { selectLedger, selectTerms, type TableSources } from "./table-sql.ts";
import type { WritePoint } from "./write-point.ts";

/** What {@link commitRun} needs to know beside the facts. */
export interface CommitOptions {
  readonly duckdb: Duckdb;
  readonly folder: string;
  readonly run: string;
  readonly keyFields: readonly StoredKeyField[];
  readonly resultSchema: ResultSchema;
  readonly partitionCount: number;
  /** Files that the folder has beside the run's tables. */
  readonly artifacts: readonly ArtifactFile[];
  readonly onWritePoint: (point: WritePoint) => Promise<void>;
}

/** Told how many partitions of a run are committed, counted as if its tables and its digest were one pass. */
export type CommitProgress = (partitions: number) => void;

/** A table on its way into the run folder. */
interface NewTable {
  readonly name: string;
  readonly write: (path: string) => Promise<void>;
}

/**
 * Makes a run out of its parts: checks them, writes the tables in key order, reads the digest back from them, and
 * puts everything into place, the manifest last. What was written is removed again when that fails.
 * @throws ManyfitError `run_damaged` when the parts are not exactly one result for every partition.
 */
export async function commitRun(
  options: CommitOptions,
  facts: RunFacts,
  onProgress: CommitProgress,
): Promise<Manifest> {
  const { duckdb, folder, artifacts, onWritePoint } = options;
  const connection = await duckdb.connect();
  try {
    const partPaths = await listParts(folder);
    await checkParts(connection, partPaths, expectedParts(options, facts));
    await checkUnchangedArtifacts(folder, artifacts);
    await onWritePoint("parts.complete");
    const sources = await tableSources(connection, options, partPaths);
    const tables = newTables(connection, sources, folder);
    const described = await writeTables(connection, tables, { ...options, onProgress });
    await onWritePoint("tables.written");
    for (const { name } of tables) await rename(join(folder, name + UNFINISHED), join(folder, name));
    await syncFolder(folder);
    await onWritePoint("tables.renamed");
    const manifest = manifestOf(options, facts, { ...described, ...sources });
    await writeManifest(folder, manifest, onWritePoint);
    return manifest;
  } catch (error) {
    if (!existsSync(join(folder, RUN_FILE.manifest))) await removeWritten(folder);
    throw error;
  } finally {
    connection.close();
  }
}

async function removeWritten(folder: string): Promise<void> {
  for (const name of [RUN_FILE.manifest, RUN_FILE.ledger, RUN_FILE.models, RUN_FILE.terms]) {
    await rm(join(folder, name + UNFINISHED), { force: true });
    await rm(join(folder, name), { force: true });
  }
}

function expectedParts(
  { run, partitionCount }: CommitOptions,
  { job, files, countedRows }: RunFacts,
): ExpectedParts {
  const fileRows = files.map((file) => file.rows);
  return { countedRows, run, partitionCount, fileRows, isByFile: job.partitioning.kind === "file" };
}

async function tableSources(
  connection: Connection,
  { folder, keyFields, resultSchema }: CommitOptions,
  partPaths: readonly string[],
): Promise<TableSources> {
  const parts = readStoredParquet(partPaths);
  const keys = readStoredParquet([join(folder, RUN_FILE.keys)]);
  return { keyFields, keys, parts, ...(await nameMetrics(connection, resultSchema, parts)) };
}

function newTables(connection: Connection, sources: TableSources, folder: string): NewTable[] {
  const copying = (sql: string) => (path: string) =>
    connection.run(copyToParquet(sql, path, "compression zstd"));
  const tables: NewTable[] = [
    { name: RUN_FILE.ledger, write: copying(selectLedger(sources)) },
    { name: RUN_FILE.models, write: (path) => copyModels(connection, sources, { folder, path }) },
  ];
  if (sources.resultSchema.terms.length > 0)
    tables.push({ name: RUN_FILE.terms, write: copying(selectTerms(sources)) });
  return tables;
}

/** The part of a manifest that is found by reading back what was written. */
type Described = Pick<Manifest, "counts" | "digest" | "files">;

async function writeTables(
  connection: Connection,
  tables: readonly NewTable[],
  options: CommitOptions & { readonly onProgress: CommitProgress },
): Promise<Described> {
  const { folder, duckdb, keyFields, resultSchema, partitionCount, artifacts, onProgress } = options;
  const passDone = (pass: number, done: number): void =>
    onProgress(Math.floor((pass * partitionCount + done) / (tables.length + 1)));
  const files: ArtifactFile[] = [];
  for (const [pass, { name, write }] of tables.entries()) {
    const path = join(folder, name + UNFINISHED);
    await write(path);
    await syncFile(path);
    const [counted] = await connection.rows<{ rows: number }>(
      `select count(*)::DOUBLE as rows from ${readStoredParquet([path])}`,
    );
    files.push({ name, ...(await hashFile(path)), rows: counted!.rows });
    passDone(pass, partitionCount);
  }
  const ledgerPath = join(folder, RUN_FILE.ledger + UNFINISHED);
  const modelsPath = join(folder, RUN_FILE.models + UNFINISHED);
  const stored = { ledgerPath, modelsPath, keyFields, resultSchema, partitionCount };
  const counts = await countLedger(connection, ledgerPath);
  const digest = await digestOf(duckdb, stored, (done) => passDone(tables.length, done));
  return { counts, digest, files: [...files, ...artifacts] };
}

function manifestOf(
  { run, keyFields }: CommitOptions,
  facts: RunFacts,
  found: Described & NamedMetrics,
): Manifest {
  const { files: _, ...job } = facts.job;
  const committedAtMs = Date.now();
  return {
    format: RUN_FORMAT,
    run,
    startedAt: new Date(facts.startedAtMs).toISOString(),
    committedAt: new Date(committedAtMs).toISOString(),
    durationMs: committedAtMs - facts.startedAtMs,
    phaseMs: { ...facts.phaseMs, committing: committedAtMs - facts.commitStartedAtMs },
    job,
    sources: facts.files,
    keys: keyFields,
    resultSchema: found.resultSchema,
    metricsColumn: found.metricsColumn,
    counts: found.counts,
    digest: found.digest,
    environment: facts.environment,
    files: found.files,
  };
}

async function writeManifest(
  folder: string,
  manifest: Manifest,
  onWritePoint: CommitOptions["onWritePoint"],
): Promise<void> {
  const path = join(folder, RUN_FILE.manifest);
  await writeSynced(path + UNFINISHED, `${JSON.stringify(manifest, null, 2)}\n`);
  await onWritePoint("manifest.written");
  await renameDurably(path + UNFINISHED, path);
  await onWritePoint("manifest.renamed");
}
