import { types } from "node:util";
import { ManyfitError } from "../errors.ts";
import type { KeyField } from "../key/key-type.ts";
import { keyValuesOf } from "../key/key-values-of.ts";
import { partitionSeed } from "../key/partition-seed.ts";
import type { PredictionResult } from "../run/predicted.ts";
import { DOCUMENT_SCHEMA } from "../run/result-schema.ts";
import type { Rows } from "../table/column.ts";
import type { ReadColumn } from "../table/read-column.ts";
import { Table } from "../table/table.ts";
import { documentFit, withScore } from "./document-fit.ts";
import type { LoadedTrainer } from "./load-trainer.ts";
import { predictedColumns } from "./predicted-columns.ts";
import { type RowContext, selectRows } from "./select-rows.ts";
import type { DocumentFit, PartitionResult, PartitionRows, PredictingTrainer, Trainer } from "./trainer.ts";
import type { PartitionKey } from "./trainer-definition.ts";
import { unfittedResult } from "./unfitted-result.ts";
import { userFailure } from "./user-failure.ts";

/** What a run says of the partitions that a module is given. */
export interface ModuleContext extends RowContext {
  /** Columns of the rows, in their order. */
  readonly readColumns: readonly ReadColumn[];
  /** Empty for pooled runs. */
  readonly keyFields: readonly KeyField[];
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
 * A user's module as a trainer of the rows that the row policy selects. It never throws and rejects: what user code
 * throws, or its promise rejects with, is that partition's failure `trainer_threw`, what it returns in the wrong shape
 * `result_invalid`; so it is with a score, although there is a model then, because what it is worth cannot be told. A
 * promise is given only where `fit` or `score` gives one. It predicts where the module can. Where keys are null, as in
 * pooled runs, the seed is that of the empty key.
 */
export function createModuleTrainer(
  loaded: LoadedTrainer,
  context: ModuleContext,
): Trainer | PredictingTrainer {
  const { definition } = loaded;
  const trainer: Trainer = {
    resultSchema: DOCUMENT_SCHEMA,
    minRows: Math.max(definition.minRows, context.rowPolicy.minRows),
    fitPartition: (rows, keyBytes) => fitModule(loaded, context, rows, keyBytes),
  };
  if (definition.predict === null) return trainer;
  return {
    ...trainer,
    predictPartition: (rows, keyBytes, model) => predictModule(loaded, context, { rows, keyBytes, model }),
  };
}

/** What came of one call of user code, or a promise of it where that gave one. */
type Called = Answer | Promise<Answer>;
type Answer = { readonly document: DocumentFit } | { readonly failure: Failure };

function fitModule(
  loaded: LoadedTrainer,
  context: ModuleContext,
  rows: PartitionRows,
  keyBytes: Uint8Array | null,
): PartitionResult | Promise<PartitionResult> {
  const { minRows } = loaded.definition;
  const columnNames = context.readColumns.map((column) => column.name);
  const { rowPolicy, seed } = context;
  const selected = selectRows(rows, { rowPolicy, seed, columnNames, minRows, keyBytes });
  if (selected.state !== "selected") return unfittedResult(selected);
  const { used, heldOut, counts } = selected;
  const fitted = callFit(loaded, context, used, keyBytes);
  const scored =
    heldOut === null
      ? fitted
      : after(fitted, (answer) =>
          "failure" in answer ? answer : callScore(loaded, context, answer.document, { heldOut, keyBytes }),
        );
  return after(scored, (answer) =>
    "failure" in answer
      ? { state: "failed", ...answer.failure, ...counts }
      : { state: "fitted", document: answer.document, ...counts },
  );
}

function callFit(
  loaded: LoadedTrainer,
  context: ModuleContext,
  rows: Rows,
  keyBytes: Uint8Array | null,
): Called {
  const call = (): unknown =>
    loaded.definition.fit({
      table: new Table(fieldsOf(context), rows),
      key: keyOf(context.keyFields, keyBytes),
      params: loaded.params,
      seed: partitionSeed(context.seed, keyBytes ?? NO_KEY),
      signal: context.signal,
    });
  return callUser(call, documentFit, (thrown) => threwFailure(thrown, loaded));
}

function callScore(
  loaded: LoadedTrainer,
  context: ModuleContext,
  document: DocumentFit,
  { heldOut, keyBytes }: { readonly heldOut: Rows; readonly keyBytes: Uint8Array | null },
): Called {
  const call = (): unknown =>
    loaded.definition.score!({
      model: readModel(document.model),
      table: new Table(fieldsOf(context), heldOut),
      key: keyOf(context.keyFields, keyBytes),
      params: loaded.params,
    });
  const failureOf = (thrown: unknown): Failure => {
    const failure = threwFailure(thrown, loaded);
    return { ...failure, message: `score threw: ${failure.message}` };
  };
  return callUser(call, (output) => withScore(document, output), failureOf);
}

/** Calls user code and checks what it gives, or what its promise resolves with. Never throws or rejects. */
function callUser(
  call: () => unknown,
  check: (output: unknown) => { readonly document: DocumentFit } | { readonly problem: string },
  failureOf: (thrown: unknown) => Failure,
): Called {
  const finish = (output: unknown): Answer => {
    const checked = check(output);
    return "problem" in checked ? { failure: invalidResult(checked.problem) } : checked;
  };
  const threw = (thrown: unknown): Answer => ({ failure: failureOf(thrown) });
  try {
    const output = call();
    return isThenable(output) ? settle(output).then(finish).catch(threw) : finish(output);
  } catch (thrown) {
    return threw(thrown);
  }
}

/** A value made of another, or of what a promise resolves with: a promise then. */
function after<From, To>(
  from: From | Promise<From>,
  make: (value: From) => To | Promise<To>,
): To | Promise<To> {
  // Not instanceof: the module may have put something else in the place of the global Promise.
  return types.isPromise(from) ? from.then(make) : make(from);
}

/** A model as it comes back from the run's files, an object of its own. */
function readModel(model: string | Uint8Array): unknown {
  return typeof model === "string" ? (JSON.parse(model) as unknown) : new Uint8Array(model);
}

async function predictModule(
  loaded: LoadedTrainer,
  context: ModuleContext,
  { rows, keyBytes, model }: { rows: PartitionRows; keyBytes: Uint8Array | null; model: string | Uint8Array },
): Promise<PredictionResult> {
  try {
    const output = await loaded.definition.predict!({
      model: readModel(model),
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
  const values = keyValuesOf(fields, keyBytes);
  return Object.fromEntries(fields.map(({ name }, i) => [name, values[i]!]));
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
