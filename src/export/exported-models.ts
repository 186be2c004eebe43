import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Connection } from "../duckdb/duckdb.ts";
import { quoteIdentifier } from "../duckdb/quote.ts";
import { ManyfitError } from "../errors.ts";
import { decodeKey } from "../key/decode-key.ts";
import { keyAt } from "../key/key-list.ts";
import type { KeyValue } from "../key/key-type.ts";
import { readKeys } from "../predict/partition-keys.ts";
import { sqlTypeOf } from "../source/sql-type.ts";
import type { Manifest } from "../store/manifest.ts";
import { readStoredParquet } from "../store/parquet-sql.ts";
import { RUN_FILE } from "../store/run-files.ts";

/** Forms in which models can be exported. */
export type ExportForm = "joblib" | "json";

/** A model on its way out. */
export interface ExportedModel {
  readonly partition: number;
  readonly key: readonly KeyValue[];
  /** Dotted name of its class; null where nothing is said of it. */
  readonly className: string | null;
  readonly sha256: string;
  readonly content: Uint8Array;
}

/** Which models are read. */
export interface ExportedSource {
  readonly folder: string;
  readonly manifest: Manifest;
  readonly form: ExportForm;
  /** A DuckDB expression over the ledger; null: all. */
  readonly where: string | null;
}

/** Name of the table of what is exported: partition, the keys as `k0 …`, and the bytes of the model. */
const CHOSEN = "export_chosen";

/** Bytes of models that are in memory at a time, about. */
const READ_BYTES = 2 ** 26;

/**
 * Chooses the fitted partitions, and gives their number.
 * @throws ManyfitError `invalid_option` for an expression that DuckDB does not understand; `run_damaged`.
 */
export async function chooseModels(
  { folder, manifest, where }: ExportedSource,
  connection: Connection,
): Promise<number> {
  const keys = manifest.keys.map(
    ({ column, type }, i) => `${quoteIdentifier(column)}::${sqlTypeOf(type)} as k${i}`,
  );
  const models = readStoredParquet([join(folder, RUN_FILE.models)]);
  const chosen = await chosenPartitions(folder, where, connection);
  await connection.run(
    `create or replace table ${CHOSEN} as select ${["partition", ...keys].join(", ")},
      coalesce(octet_length(model_blob), strlen(model::VARCHAR))::DOUBLE as bytes
      from ${models} ${chosen} order by partition`,
  );
  const [row] = await connection.rows<{ n: number }>(`select count(*)::DOUBLE as n from ${CHOSEN}`);
  return row!.n;
}

async function chosenPartitions(
  folder: string,
  where: string | null,
  connection: Connection,
): Promise<string> {
  if (where === null) return "";
  const ledger = readStoredParquet([join(folder, RUN_FILE.ledger)]);
  const sql = `select partition from ${ledger} where (${where}\n)`;
  try {
    await connection.checkReads(sql);
    await connection.run(`create or replace temp table export_where as ${sql}`);
  } catch (error) {
    const [text] = (error instanceof Error ? error.message : String(error)).split("\n");
    throw new ManyfitError("invalid_option", `--where ${where}: ${text}`, { cause: error });
  }
  return "where partition in (select partition from export_where)";
}

/**
 * The chosen models in key order; a few at a time are in memory.
 * @throws ManyfitError `invalid_option` for one that is not of the form; `run_damaged` for one that is not what was stored.
 */
export async function* readModels(
  source: ExportedSource,
  connection: Connection,
): AsyncGenerator<ExportedModel, void, undefined> {
  const { folder, manifest } = source;
  const types = manifest.keys.map(({ type }) => type);
  const keys = await readKeys(`${CHOSEN} order by partition`, manifest.keys, connection);
  let at = 0;
  for (const [from, to] of await rangesOf(connection)) {
    const sql = `select m.partition, m.model->>'class', m.model->>'sha256', m.model::VARCHAR, m.model_blob
      from ${readStoredParquet([join(folder, RUN_FILE.models)])} m semi join ${CHOSEN} c on c.partition = m.partition
      where m.partition between ${from} and ${to} order by m.partition`;
    for await (const batch of connection.batches(sql)) {
      const partitions = batch.int32s(0);
      const [names, hashes, texts] = [batch.texts(1), batch.texts(2), batch.texts(3)];
      for (let i = 0; i < batch.rowCount; i++) {
        const partition = partitions[i]!;
        const stored = { json: texts[i] ?? null, bytes: batch.blob(4, i), sha256: hashes[i] ?? null };
        const content = contentOf(source, partition, stored);
        const sha256 = createHash("sha256").update(content).digest("hex");
        if (stored.bytes !== null && stored.sha256 !== null && stored.sha256 !== sha256)
          throw damaged(source, partition, `has sha256 ${sha256}, it was stored with ${stored.sha256}`);
        const key = decodeKey(types, keyAt(keys, at++));
        yield { partition, key, className: names[i] ?? null, sha256, content };
      }
    }
  }
}

/** Ranges of partitions whose models are in memory together, both ends inclusive. */
async function rangesOf(connection: Connection): Promise<(readonly [number, number])[]> {
  const rows = await connection.rows<{ a: number; b: number }>(
    `select min(partition)::DOUBLE as a, max(partition)::DOUBLE as b from (
      select partition, floor(sum(bytes + 64) over (order by partition) / ${READ_BYTES}) as part from ${CHOSEN}
    ) group by part order by a`,
  );
  return rows.map(({ a, b }) => [a, b] as const);
}

interface StoredContent {
  readonly json: string | null;
  readonly bytes: Uint8Array | null;
  readonly sha256: string | null;
}

function contentOf(source: ExportedSource, partition: number, { json, bytes }: StoredContent): Uint8Array {
  if (source.form === "joblib") {
    if (bytes === null) throw damaged(source, partition, "has no bytes");
    return bytes;
  }
  if (bytes === null && json !== null) return Buffer.from(`${json}\n`);
  throw new ManyfitError(
    "invalid_option",
    `--to json: the model of partition ${partition} is bytes, and no JSON; take it from the column model_blob with manyfit query`,
  );
}

function damaged({ folder }: ExportedSource, partition: number, text: string): ManyfitError {
  const message = `run folder ${folder}: the model of partition ${partition} ${text}; nothing is written`;
  return new ManyfitError("run_damaged", message);
}
