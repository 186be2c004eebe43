import { types } from "node:util";
import { ManyfitError } from "../errors.ts";
import { decodeKey } from "../key/decode-key.ts";
import type { KeyField } from "../key/key-type.ts";
import { keyValueToJson } from "../key/key-value-to-json.ts";
import { partitionSeed } from "../key/partition-seed.ts";
import type { PredictionResult } from "../run/predicted.ts";
import { DOCUMENT_SCHEMA } from "../run/result-schema.ts";
import type { ReadColumn } from "../table/read-column.ts";
import { Table } from "../table/table.ts";
import { documentFit } from "./document-fit.ts";
import type { LoadedTrainer } from "./load-trainer.ts";
import { predictedColumns } from "./predicted-columns.ts";
import type { PartitionResult, PartitionRows, PredictingTrainer, Trainer } from "./trainer.ts";
import type { PartitionKey } from "./trainer-definition.ts";
import { userFailure } from "./user-failure.ts";

/** What a run says of the partitions that a module is given. */
export interface ModuleContext {
  /** Columns of the rows, in their order. */
  readonly readColumns: readonly ReadColumn[];
  /** Empty for pooled runs. */
  readonly keyFields: readonly KeyField[];
  /** Seed of the run. */
  readonly seed: number;
  /** What `fit` gets as its signal. */
  readonly signal: AbortSignal;
}

interface Failure {
  readonly code: string;
  readonly message: string;
  readonly stack: string | null;
}

const NO_KEY = new Uint8Array();

/**
 * A user's module as a trainer: all rows of a partition are kept. It never throws and rejects: what user code throws,
 * or its promise rejects with, is that partition's failure `trainer_threw`, what it returns in the wrong shape
 * `result_invalid`. A promise is given only where `fit` gives one. It predicts where the module can. Where keys are
 * null, as in pooled runs, the seed is that of the empty key.
 */
export function createModuleTrainer(
  loaded: LoadedTrainer,
  context: ModuleContext,
): Trainer | PredictingTrainer {
  const { definition } = loaded;
  const trainer: Trainer = {
    resultSchema: DOCUMENT_SCHEMA,
    minRows: definition.minRows,
    fitPartition: (rows, keyBytes) => fitModule(loaded, context, rows, keyBytes),
  };
  if (definition.predict === null) return trainer;
  return {
    ...trainer,
    predictPartition: (rows, keyBytes, model) => predictModule(loaded, context, { rows, keyBytes, model }),
  };
}

function fitModule(
  loaded: LoadedTrainer,
  context: ModuleContext,
  rows: PartitionRows,
  keyBytes: Uint8Array | null,
): PartitionResult | Promise<PartitionResult> {
  const { definition, params } = loaded;
  const rowsRead = rows.rowCount;
  const counts = { rowsRead, rowsUsed: rowsRead, rowsDropped: 0, rowsHeldOut: 0 };
  if (rowsRead === 0) return { state: "skipped", reason: "no_rows", ...counts };
  if (rowsRead < definition.minRows) return { state: "skipped", reason: "too_few_rows", ...counts };
  const failed = (failure: Failure): PartitionResult => ({ state: "failed", ...failure, ...counts });
  const threw = (thrown: unknown): PartitionResult => failed(threwFailure(thrown, loaded));
  const finish = (output: unknown): PartitionResult => {
    const fit = documentFit(output);
    return "problem" in fit ? failed(invalidResult(fit.problem)) : { state: "fitted", ...fit, ...counts };
  };
  try {
    const output = definition.fit({
      table: new Table(fieldsOf(context), rows),
      key: keyOf(context.keyFields, keyBytes),
      params,
      seed: partitionSeed(context.seed, keyBytes ?? NO_KEY),
      signal: context.signal,
    });
    return isThenable(output) ? settle(output).then(finish).catch(threw) : finish(output);
  } catch (thrown) {
    return threw(thrown);
  }
}

async function predictModule(
  loaded: LoadedTrainer,
  context: ModuleContext,
  { rows, keyBytes, model }: { rows: PartitionRows; keyBytes: Uint8Array | null; model: string | Uint8Array },
): Promise<PredictionResult> {
  try {
    const output = await loaded.definition.predict!({
      model: typeof model === "string" ? (JSON.parse(model) as unknown) : new Uint8Array(model),
      table: new Table(fieldsOf(context), rows),
      key: keyOf(context.keyFields, keyBytes),
      params: loaded.params,
    });
    const predicted = predictedColumns(output, rows.rowCount);
    return "problem" in predicted ? { failure: invalidResult(predicted.problem) } : predicted;
  } catch (thrown) {
    return { failure: threwFailure(thrown, loaded) };
  }
}

/** New for each call: a trainer that changes them changes nothing for the next partition. */
function fieldsOf({ readColumns }: ModuleContext): ReadColumn[] {
  return readColumns.map((column) => ({ ...column }));
}

function keyOf(fields: readonly KeyField[], keyBytes: Uint8Array | null): PartitionKey {
  if (keyBytes === null) return {};
  const values = decodeKey(
    fields.map((field) => field.type),
    keyBytes,
  );
  return Object.fromEntries(fields.map(({ name, type }, i) => [name, keyValueToJson(type, values[i]!)]));
}

function isThenable(output: unknown): output is PromiseLike<unknown> {
  return (
    typeof output === "object" && output !== null && "then" in output && typeof output.then === "function"
  );
}

async function settle(output: PromiseLike<unknown>): Promise<unknown> {
  return output;
}

/** Key bytes that cannot be read are no fault of the trainer's: this class of errors is not that of its bundle. */
function threwFailure(thrown: unknown, { frames }: LoadedTrainer): Failure {
  // First, because instanceof runs what a proxy has for it.
  const isError = types.isNativeError(thrown);
  const isInternal = isError && thrown instanceof ManyfitError && thrown.code === "internal";
  const code = isInternal ? "internal" : "trainer_threw";
  return { code, ...userFailure(thrown, frames) };
}

function invalidResult(message: string): Failure {
  return { code: "result_invalid", message, stack: null };
}
