import type { ColumnBatch } from "../duckdb/column-batch.ts";
import type { Duckdb } from "../duckdb/duckdb.ts";
import { quoteIdentifier, quoteText } from "../duckdb/quote.ts";
import { keyColumnFrom, readExpression } from "../duckdb/read-key-column.ts";
import { encodeKeyBatch } from "../key/key-list-builder.ts";
import { FIT_STATES, SKIP_REASONS } from "../run/fit-state.ts";
import type { ResultSchema } from "../run/result-schema.ts";
import { DigestSink } from "./digest-sink.ts";
import type { StoredKeyField } from "./manifest.ts";
import { readStoredParquet } from "./parquet-sql.ts";
import { damagedTable, orNaN, StoredModels } from "./stored-models.ts";

/** Version of the digest, the first thing it hashes. */
export const DIGEST_VERSION = "digest-v1";

/** The code of no reason, and of a state or reason that is none of ours. */
const NONE = 255;
const ROW_COUNTS = ["rows_read", "rows_used", "rows_dropped", "rows_held_out"];

/** Where the stored tables are, and what is in them. */
export interface StoredTables {
  readonly ledgerPath: string;
  readonly modelsPath: string;
  readonly keyFields: readonly StoredKeyField[];
  readonly resultSchema: ResultSchema;
  readonly partitionCount: number;
}

/**
 * The digest of a run: sha256, in hex, over what defines its models, read back from the stored tables. Two runs with
 * the same digest have the same partitions with the same row counts and bitwise the same models, whatever engine,
 * workers, order and time made them; times, metrics, warnings, terms and error texts play no part.
 *
 * What is hashed, in this order; integers are unsigned and little-endian:
 * - the text `digest-v1`; number of model fields (uint32); for each field its name as text and the length of its
 *   list (uint32), 2^32 - 1 for a single number. A text is its length in bytes (uint32) and its UTF-8 bytes;
 * - for each partition in key order: length (uint32) and bytes of the canonical key; state (one byte, its place in
 *   `FIT_STATES`); reason (one byte, its place in `SKIP_REASONS`, 255 for none); rows read, used, dropped and held
 *   out, each a number; and for fitted partitions the canonical model bytes: every field in the order of the schema,
 *   every element of a list, each a number.
 * - Where models are documents, the number of model fields is 2^32 - 1 and the text `document` stands for the fields;
 *   the model bytes of a fitted partition are one byte, 1 for a JSON value and 2 for bytes, then the length (uint32,
 *   because no model is longer) and the bytes: of a JSON value the UTF-8 bytes of its canonical text.
 *   Where the trainer's digest scope is `predictions`, they are the byte 3 and the 32 bytes of the sha256 of what the model
 *   predicts for the rows of its fit.
 * - A number is a flag byte: 0 for NULL, and nothing else; 1 for a value, then its float64 (eight bytes).
 *
 * `onProgress` is told how many partitions are hashed, now and then.
 *
 * @throws ManyfitError `run_damaged` when the tables do not have every partition once, in key order, each with a
 * model if and only if it is fitted.
 */
export async function digestOf(
  duckdb: Duckdb,
  tables: StoredTables,
  onProgress: (partitions: number) => void = () => undefined,
): Promise<string> {
  const { keyFields, resultSchema } = tables;
  const sink = new DigestSink();
  sink.text(DIGEST_VERSION);
  addSchema(sink, resultSchema);
  const ledger = await duckdb.connect();
  const models = new StoredModels(await duckdb.connect(), tables);
  try {
    let first = 0;
    for await (const batch of ledger.batches(ledgerSql(tables))) {
      await addBatch(sink, batch, { keyFields, models, first });
      first += batch.rowCount;
      onProgress(first);
    }
    if (first !== tables.partitionCount)
      throw damagedTable(`ledger has ${first} rows, must have ${tables.partitionCount}`);
    await models.expectEnd();
  } finally {
    ledger.close();
    models.close();
  }
  return sink.hex();
}

function addSchema(sink: DigestSink, { form, model }: ResultSchema): void {
  if (form === "document") {
    sink.uint32(2 ** 32 - 1);
    sink.text("document");
    return;
  }
  sink.uint32(model.length);
  for (const { name, listLength } of model) {
    sink.text(name);
    sink.uint32(listLength ?? 2 ** 32 - 1);
  }
}

interface BatchContext {
  readonly keyFields: readonly StoredKeyField[];
  readonly models: StoredModels;
  /** Partition of the batch's first row. */
  readonly first: number;
}

async function addBatch(sink: DigestSink, batch: ColumnBatch, context: BatchContext): Promise<void> {
  const { keyFields, models, first } = context;
  const partition = batch.int32s(0);
  const state = batch.uint8s(1);
  const reason = batch.uint8s(2);
  const counts = ROW_COUNTS.map((_, i) => batch.doubles(3 + i));
  const keys = encodeKeyBatch(
    keyFields.map(({ type }, i) => keyColumnFrom(batch, 3 + ROW_COUNTS.length + i, type)),
    batch.rowCount,
  );
  for (let row = 0; row < batch.rowCount; row++) {
    if (partition[row] !== first + row) {
      throw damagedTable(
        `ledger has partition ${partition[row]} in row ${first + row}, where ${first + row} belongs`,
      );
    }
    if (state[row] === NONE)
      throw damagedTable(`ledger has a state of partition ${first + row} that is none`);
    sink.bytes(keys.bytes, keys.offsets[row]!, keys.offsets[row + 1]!);
    sink.byte(state[row]!);
    sink.byte(reason[row]!);
    for (const count of counts) sink.number(count[row]!);
    if (state[row] !== 0) continue;
    // Only every 2,048th model has to be waited for.
    if (!models.hasNext()) await models.fetch();
    models.addNext(sink, first + row);
  }
}

function ledgerSql({ ledgerPath, keyFields }: StoredTables): string {
  const columns = [
    "partition",
    codeOf("state", FIT_STATES),
    codeOf("reason", SKIP_REASONS),
    ...ROW_COUNTS.map(orNaN),
    ...keyFields.map(({ type, column }) => readExpression(type, quoteIdentifier(column))),
  ];
  return `select ${columns.join(", ")} from ${readStoredParquet([ledgerPath])}`;
}

function codeOf(column: string, names: readonly string[]): string {
  const cases = names.map((name, code) => `when ${quoteText(name)} then ${code}`);
  return `(case ${column} ${cases.join(" ")} else ${NONE} end)::UTINYINT`;
}
