import { existsSync } from "node:fs";
import { open, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Connection, Duckdb } from "../duckdb/duckdb.ts";
import { quoteText } from "../duckdb/quote.ts";
import type { ResultSchema } from "../run/result-schema.ts";
import { checkParts } from "./check-parts.ts";
import { digestOf } from "./digest.ts";
import { hashFile, renameDurably, syncFile, syncFolder } from "./disk.ts";
import {
  type ArtifactFile,
  type Manifest,
  RUN_FORMAT,
  type RunFacts,
  type StoredKeyField,
} from "./manifest.ts";
import { readStoredParquet } from "./parquet-sql.ts";
import { countLedger } from "./run-counts.ts";
import { isPartName, RUN_FILE, UNFINISHED } from "./run-files.ts";
import { selectLedger, selectModels, selectTerms, type TableSources } from "./table-sql.ts";
import type { WritePoint } from "./write-point.ts";

/** What {@link commitRun} needs to know beside the facts. */
export interface CommitOptions {
  readonly duckdb: Duckdb;
  readonly folder: string;
  readonly run: string;
  readonly keyFields: readonly StoredKeyField[];
  readonly resultSchema: ResultSchema;
  readonly partitionCount: number;
  readonly onWritePoint: (point: WritePoint) => Promise<void>;
}

/** A table on its way into the run folder. */
interface NewTable {
  readonly name: string;
  readonly sql: string;
}

/**
 * Makes a run out of its parts: checks them, writes the tables in key order, reads the digest back from them, and
 * puts everything into place, the manifest last. What was written is removed again when that fails.
 * @throws ManyfitError `run_damaged` when the parts are not exactly one result for every partition.
 */
export async function commitRun(options: CommitOptions, facts: RunFacts): Promise<Manifest> {
  const { duckdb, folder, onWritePoint } = options;
  const sources = await tableSources(options);
  const tables = newTables(sources);
  const connection = await duckdb.connect();
  try {
    const rowCount = facts.files.reduce((sum, file) => sum + file.rows, 0);
    const { run, partitionCount } = options;
    await checkParts(connection, sources.partPaths, { run, partitionCount, rowCount });
    await onWritePoint("parts.complete");
    const described = await writeTables(connection, tables, options);
    await onWritePoint("tables.written");
    for (const { name } of tables) await rename(join(folder, name + UNFINISHED), join(folder, name));
    await syncFolder(folder);
    await onWritePoint("tables.renamed");
    const manifest = manifestOf(options, facts, described);
    await writeManifest(folder, manifest, onWritePoint);
    return manifest;
  } catch (error) {
    if (!existsSync(join(folder, RUN_FILE.manifest))) await removeWritten(folder, tables);
    throw error;
  } finally {
    connection.close();
  }
}

async function removeWritten(folder: string, tables: readonly NewTable[]): Promise<void> {
  for (const name of [RUN_FILE.manifest, ...tables.map((table) => table.name)]) {
    await rm(join(folder, name + UNFINISHED), { force: true });
    await rm(join(folder, name), { force: true });
  }
}

async function tableSources({ folder, keyFields, resultSchema }: CommitOptions): Promise<TableSources> {
  const names = await readdir(join(folder, RUN_FILE.parts));
  const partPaths = names
    .filter(isPartName)
    .sort()
    .map((name) => join(folder, RUN_FILE.parts, name));
  return { keyFields, resultSchema, keysPath: join(folder, RUN_FILE.keys), partPaths };
}

function newTables(sources: TableSources): NewTable[] {
  const tables: NewTable[] = [
    { name: RUN_FILE.ledger, sql: selectLedger(sources) },
    { name: RUN_FILE.models, sql: selectModels(sources) },
  ];
  if (sources.resultSchema.terms.length > 0) tables.push({ name: RUN_FILE.terms, sql: selectTerms(sources) });
  return tables;
}

/** The part of a manifest that is found by reading back what was written. */
type Described = Pick<Manifest, "counts" | "digest" | "files">;

async function writeTables(
  connection: Connection,
  tables: readonly NewTable[],
  options: CommitOptions,
): Promise<Described> {
  const { folder, duckdb, keyFields, resultSchema, partitionCount } = options;
  const files: ArtifactFile[] = [];
  for (const { name, sql } of tables) {
    const path = join(folder, name + UNFINISHED);
    const format = "format parquet, compression zstd, use_tmp_file false";
    await connection.run(`copy (${sql}) to ${quoteText(path)} (${format})`);
    await syncFile(path);
    const [counted] = await connection.rows<{ rows: number }>(
      `select count(*)::DOUBLE as rows from ${readStoredParquet([path])}`,
    );
    files.push({ name, ...(await hashFile(path)), rows: counted!.rows });
  }
  const ledgerPath = join(folder, RUN_FILE.ledger + UNFINISHED);
  const modelsPath = join(folder, RUN_FILE.models + UNFINISHED);
  const stored = { ledgerPath, modelsPath, keyFields, resultSchema, partitionCount };
  return { counts: await countLedger(connection, ledgerPath), digest: await digestOf(duckdb, stored), files };
}

function manifestOf(
  { run, keyFields, resultSchema }: CommitOptions,
  facts: RunFacts,
  found: Described,
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
    resultSchema,
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
  const file = await open(path + UNFINISHED, "w");
  try {
    await file.writeFile(`${JSON.stringify(manifest, null, 2)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await onWritePoint("manifest.written");
  await renameDurably(path + UNFINISHED, path);
  await onWritePoint("manifest.renamed");
}
