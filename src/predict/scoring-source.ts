import { join } from "node:path";
import type { Connection } from "../duckdb/duckdb.ts";
import type { PredictingModule, ScoringSource } from "../engine/engine.ts";
import type { StoredModel } from "../run/predicted.ts";
import type { Relation } from "../source/relation.ts";
import type { PartitionLookup } from "../source/stream-rows.ts";
import { readStoredParquet } from "../store/parquet-sql.ts";
import { RUN_FILE } from "../store/run-files.ts";
import { SerialQueue } from "../store/serial-queue.ts";
import { readKeys } from "./partition-keys.ts";
import { joinLookup } from "./run-lookup.ts";
import type { TrainedRun } from "./trained-run.ts";
import { wholeColumns } from "./whole-columns.ts";

/** Name of the table of the partitions that have a model. */
const FITTED = "fitted_lookup";

/** What a scoring source is made of. */
export interface ScoringParts {
  readonly trained: TrainedRun;
  readonly relation: Relation;
  /** All partitions of the run. */
  readonly lookup: PartitionLookup;
  readonly trainer: PredictingModule;
  /** Milliseconds that predicting one partition may take; null: any time. */
  readonly timeoutMs: number | null;
}

/**
 * The rows of an input and the models of a run, as engines take them. `modelConnection` is kept: models are read from
 * the run while rows stream through `connection`.
 */
export async function createScoringSource(
  { trained, relation, lookup, trainer, timeoutMs }: ScoringParts,
  connection: Connection,
  modelConnection: Connection,
): Promise<ScoringSource> {
  const { manifest, folder } = trained;
  const keyFields = manifest.keys.map(({ name, type }) => ({ name, type }));
  await connection.run(
    `create or replace table ${FITTED} as select * from ${lookup.table} where reason is null order by partition`,
  );
  const fitted = { table: FITTED, hasNull: lookup.hasNull };
  const models = join(folder, RUN_FILE.models);
  const partitionRows = await countRows(relation, fitted, manifest.counts.partitions, connection);
  return {
    relation,
    lookup: fitted,
    partitionRows,
    modelBytes: await countModelBytes(models, partitionRows, connection),
    keys: await readKeys(`${lookup.table} order by partition`, keyFields, connection),
    keyFields,
    readColumns: trainer.kind === "python" ? await wholeColumns(relation, connection) : relation.columns,
    trainer,
    seed: manifest.job.seed,
    timeoutMs,
    models:
      trainer.kind === "python"
        ? hashedReader(models, modelConnection)
        : modelReader(models, modelConnection),
  };
}

async function countRows(
  relation: Relation,
  lookup: PartitionLookup,
  partitionCount: number,
  connection: Connection,
): Promise<Float64Array> {
  const rows = new Float64Array(partitionCount);
  const sql = `select d.partition, count(*)::double as n from ${relation.sql} r ${joinLookup(lookup)}
    where d.partition is not null group by d.partition`;
  for await (const batch of connection.batches(sql)) {
    const [partition, n] = [batch.int32s(0), batch.doubles(1)];
    for (let i = 0; i < batch.rowCount; i++) rows[partition[i]!] = n[i]!;
  }
  return rows;
}

async function countModelBytes(
  path: string,
  partitionRows: Float64Array,
  connection: Connection,
): Promise<Float64Array> {
  const bytes = new Float64Array(partitionRows.length);
  const sql = `select partition, coalesce(octet_length(model_blob), strlen(model::VARCHAR), 0)::double
    from ${readStoredParquet([path])}`;
  for await (const batch of connection.batches(sql)) {
    const [partition, n] = [batch.int32s(0), batch.doubles(1)];
    for (let i = 0; i < batch.rowCount; i++)
      if (partitionRows[partition[i]!]! > 0) bytes[partition[i]!] = n[i]!;
  }
  return bytes;
}

/** Reads models that are JSON, or bytes. */
function modelReader(path: string, connection: Connection): ScoringSource["models"] {
  return reader(path, connection, { text: "model::VARCHAR", modelOf: (text, bytes) => text ?? bytes });
}

/** Reads models that are bytes, each with the hash that its JSON says. */
function hashedReader(path: string, connection: Connection): ScoringSource["models"] {
  const modelOf = (sha256: string | null, bytes: Uint8Array | null): StoredModel | null => {
    return bytes === null ? null : { bytes, sha256 };
  };
  return reader(path, connection, { text: "model->>'sha256'", modelOf });
}

interface ModelForm {
  /** SQL of what is read beside bytes. */
  readonly text: string;
  readonly modelOf: (text: string | null, bytes: Uint8Array | null) => StoredModel | null;
}

function reader(path: string, connection: Connection, { text, modelOf }: ModelForm): ScoringSource["models"] {
  const queue = new SerialQueue();
  return (from, to) =>
    queue.run(async () => {
      const models = new Array<StoredModel | null>(to - from).fill(null);
      const sql = `select partition, ${text}, model_blob from ${readStoredParquet([path])}
        where partition >= ${from} and partition < ${to}`;
      for await (const batch of connection.batches(sql)) {
        const [partition, texts, blobs] = [batch.int32s(0), batch.texts(1), batch.blobs(2)];
        for (let i = 0; i < batch.rowCount; i++)
          models[partition[i]! - from] = modelOf(texts[i] ?? null, blobs[i]?.slice() ?? null);
      }
      return models;
    });
}
