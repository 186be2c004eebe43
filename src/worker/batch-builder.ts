import type { Fit, TermEstimate } from "../estimator/estimator.ts";
import type { ModelCap } from "../protocol/message.ts";
import { FIT_STATES, SKIP_REASONS } from "../run/fit-state.ts";
import type { NumberColumn, Remark, ResultBatch, TermColumns } from "../run/result-batch.ts";
import type { ResultSchema } from "../run/result-schema.ts";
import type { DocumentFit, FitTime, PartitionResult } from "../trainer/trainer.ts";
import { unreadPartition } from "../trainer/unread-partition.ts";
import { cappedModel } from "./capped-model.ts";
import { FileFactsBuilder, type FileRead } from "./file-facts-builder.ts";

/** Which try of which task a batch answers, and who made it. */
export interface BatchIdentity {
  readonly task: number;
  readonly worker: number;
  readonly attempt: number;
}

/** Collects the results of some partitions of one task as columns. */
export class BatchBuilder {
  readonly #batch: ResultBatch;
  readonly #warnings: Remark[] = [];
  readonly #errors: Remark[] = [];
  readonly #files = new FileFactsBuilder();
  readonly #json: (string | null)[] = [];
  readonly #bytes: (Uint8Array | null)[] = [];
  readonly #metrics: (DocumentFit["metrics"] | null)[] = [];
  readonly #modelCap: ModelCap | null;
  #row = 0;
  #documentBytes = 0;

  /** A builder for these partitions, in this order; it may be finished before all of them came. */
  constructor(
    schema: ResultSchema,
    identity: BatchIdentity,
    partitions: Int32Array,
    modelCap: ModelCap | null = null,
  ) {
    this.#modelCap = modelCap;
    const count = partitions.length;
    const doubles = (): Float64Array => new Float64Array(count);
    const column = (width: number): NumberColumn => ({
      width,
      values: new Float64Array(count * width),
      isValid: new Uint8Array(count * width),
    });
    const documents = { json: this.#json, bytes: this.#bytes, metrics: this.#metrics };
    this.#batch = {
      type: "result.batch",
      ...identity,
      partition: partitions,
      state: new Uint8Array(count),
      reason: new Int8Array(count).fill(-1),
      rowsRead: doubles(),
      rowsUsed: doubles(),
      rowsDropped: doubles(),
      rowsHeldOut: doubles(),
      startedAtMs: doubles(),
      durationMs: doubles(),
      model: schema.model.map((field) => column(field.listLength ?? 1)),
      metrics: schema.metrics.map(() => column(1)),
      terms: schema.terms.length === 0 ? null : termColumns(() => column(schema.terms.length)),
      documents: schema.form === "document" ? documents : null,
      files: null,
      warnings: this.#warnings,
      errors: this.#errors,
    };
  }

  /** Partitions whose results came. */
  get count(): number {
    return this.#row;
  }

  /** Length of the models that are documents. */
  get documentBytes(): number {
    return this.#documentBytes;
  }

  /** The result of the next partition; `file` where it was read from one. */
  add(found: PartitionResult, waited: FitTime, file?: FileRead | null): void {
    const result = cappedModel(found, this.#modelCap);
    const time = result.time ?? waited;
    const row = this.#row++;
    const batch = this.#batch;
    batch.state[row] = FIT_STATES.indexOf(result.state);
    batch.rowsRead[row] = result.rowsRead;
    batch.rowsUsed[row] = result.rowsUsed;
    batch.rowsDropped[row] = result.rowsDropped;
    batch.rowsHeldOut[row] = result.rowsHeldOut;
    batch.startedAtMs[row] = time.startedAtMs;
    batch.durationMs[row] = time.durationMs;
    if (file !== undefined) this.#files.add(file);
    this.#addDocument(result.state === "fitted" && "document" in result ? result.document : null, row);
    if (result.state === "fitted" && "fit" in result) this.#addFit(row, result.fit);
    else if (result.state === "skipped") batch.reason[row] = SKIP_REASONS.indexOf(result.reason);
    else if (result.state === "failed" || result.state === "timed_out") {
      const { code, message, stack } = result;
      this.#errors.push({ row, code, message, stack });
    }
  }

  /** The next partition is a file that could not be read; `file` says what of it is known. */
  addUnread(
    { code, message }: { readonly code: string; readonly message: string },
    file?: FileRead | null,
  ): void {
    this.add(unreadPartition(code, message), { startedAtMs: Date.now(), durationMs: 0 }, file);
  }

  /** The results so far. Nothing can be added afterwards. */
  finish(): ResultBatch {
    const batch = { ...this.#batch, files: this.#files.finish() };
    return this.#row === batch.partition.length ? batch : firstRows(batch, this.#row);
  }

  #addDocument(document: DocumentFit | null, row: number): void {
    if (this.#batch.documents === null) return;
    const model = document?.model ?? null;
    this.#documentBytes += model?.length ?? 0;
    this.#json.push(typeof model === "string" ? model : (document?.description ?? null));
    this.#bytes.push(model instanceof Uint8Array ? model : null);
    this.#metrics.push(document?.metrics ?? null);
    for (const { code, message } of document?.warnings ?? [])
      this.#warnings.push({ row, code, message, stack: null });
  }

  #addFit(row: number, fit: Fit): void {
    for (const [i, value] of fit.model.entries()) {
      const column = this.#batch.model[i]!;
      if (value === null || typeof value === "number") put(column, row, value);
      else for (let j = 0; j < value.length; j++) put(column, row * column.width + j, value[j]!);
    }
    for (const [i, value] of fit.metrics.entries()) put(this.#batch.metrics[i]!, row, value);
    if (this.#batch.terms !== null) putTerms(this.#batch.terms, row, fit.terms);
    for (const { code, message } of fit.warnings) this.#warnings.push({ row, code, message, stack: null });
  }
}

/** The buffers of a batch, to be handed to another thread without a copy. */
export function batchBuffers(batch: ResultBatch): ArrayBuffer[] {
  const { partition, state, reason, startedAtMs, durationMs } = batch;
  const { rowsRead, rowsUsed, rowsDropped, rowsHeldOut } = batch;
  const numbers = [...batch.model, ...batch.metrics, ...(batch.terms ? Object.values(batch.terms) : [])];
  const counts = [rowsRead, rowsUsed, rowsDropped, rowsHeldOut];
  const arrays = [partition, state, reason, ...counts, startedAtMs, durationMs];
  for (const column of numbers as NumberColumn[]) arrays.push(column.values, column.isValid);
  return arrays.map((array) => array.buffer as ArrayBuffer);
}

/** The first rows of a batch, in arrays of their own. */
function firstRows(batch: ResultBatch, count: number): ResultBatch {
  const cut = ({ width, values, isValid }: NumberColumn): NumberColumn => ({
    width,
    values: values.slice(0, count * width),
    isValid: isValid.slice(0, count * width),
  });
  const { terms } = batch;
  return {
    ...batch,
    partition: batch.partition.slice(0, count),
    state: batch.state.slice(0, count),
    reason: batch.reason.slice(0, count),
    rowsRead: batch.rowsRead.slice(0, count),
    rowsUsed: batch.rowsUsed.slice(0, count),
    rowsDropped: batch.rowsDropped.slice(0, count),
    rowsHeldOut: batch.rowsHeldOut.slice(0, count),
    startedAtMs: batch.startedAtMs.slice(0, count),
    durationMs: batch.durationMs.slice(0, count),
    model: batch.model.map(cut),
    metrics: batch.metrics.map(cut),
    terms: terms && {
      estimate: cut(terms.estimate),
      stdError: cut(terms.stdError),
      statistic: cut(terms.statistic),
      pValue: cut(terms.pValue),
    },
  };
}

function termColumns(column: () => NumberColumn): TermColumns {
  return { estimate: column(), stdError: column(), statistic: column(), pValue: column() };
}

function putTerms(columns: TermColumns, row: number, terms: readonly TermEstimate[]): void {
  for (const [j, term] of terms.entries()) {
    const at = row * columns.estimate.width + j;
    put(columns.estimate, at, term.estimate);
    put(columns.stdError, at, term.stdError);
    put(columns.statistic, at, term.statistic);
    put(columns.pValue, at, term.pValue);
  }
}

function put(column: NumberColumn, at: number, value: number | null): void {
  if (value === null) return;
  column.values[at] = value;
  column.isValid[at] = 1;
}
