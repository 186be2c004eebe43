import type { Fit, TermEstimate } from "../estimator/estimator.ts";
import { FIT_STATES, SKIP_REASONS } from "../run/fit-state.ts";
import type { NumberColumn, Remark, ResultBatch, TermColumns } from "../run/result-batch.ts";
import type { ResultSchema } from "../run/result-schema.ts";
import type { PartitionResult } from "../trainer/trainer.ts";

/** Which task a batch answers. */
export interface TaskIdentity {
  readonly task: number;
  readonly worker: number;
  readonly attempt: number;
}

/** When a fit began, in milliseconds since 1970, and how long it took. */
export interface FitTime {
  readonly startedAtMs: number;
  readonly durationMs: number;
}

/** Collects the results of one task's partitions as columns. */
export class BatchBuilder {
  readonly #batch: ResultBatch;
  readonly #warnings: Remark[] = [];
  readonly #errors: Remark[] = [];
  #row = 0;

  /** A builder for exactly `count` partitions, numbered from `firstPartition`. */
  constructor(schema: ResultSchema, task: TaskIdentity, firstPartition: number, count: number) {
    const doubles = (): Float64Array => new Float64Array(count);
    const column = (width: number): NumberColumn => ({
      width,
      values: new Float64Array(count * width),
      isValid: new Uint8Array(count * width),
    });
    this.#batch = {
      type: "result.batch",
      ...task,
      partition: Int32Array.from({ length: count }, (_, i) => firstPartition + i),
      state: new Uint8Array(count),
      reason: new Int8Array(count).fill(-1),
      rowsRead: doubles(),
      rowsUsed: doubles(),
      rowsDropped: doubles(),
      startedAtMs: doubles(),
      durationMs: doubles(),
      model: schema.model.map((field) => column(field.listLength ?? 1)),
      metrics: schema.metrics.map(() => column(1)),
      terms: schema.terms.length === 0 ? null : termColumns(() => column(schema.terms.length)),
      warnings: this.#warnings,
      errors: this.#errors,
    };
  }

  /** The result of the next partition. */
  add(result: PartitionResult, time: FitTime): void {
    const row = this.#row++;
    const batch = this.#batch;
    batch.state[row] = FIT_STATES.indexOf(result.state);
    batch.rowsRead[row] = result.rowsRead;
    batch.rowsUsed[row] = result.rowsUsed;
    batch.rowsDropped[row] = result.rowsDropped;
    batch.startedAtMs[row] = time.startedAtMs;
    batch.durationMs[row] = time.durationMs;
    if (result.state === "fitted") this.#addFit(row, result.fit);
    else if (result.state === "skipped") batch.reason[row] = SKIP_REASONS.indexOf(result.reason);
    else {
      const { code, message, stack } = result;
      this.#errors.push({ row, code, message, stack });
    }
  }

  /** The batch. Nothing can be added afterwards. */
  finish(): ResultBatch {
    return this.#batch;
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
  const { partition, state, reason, rowsRead, rowsUsed, rowsDropped, startedAtMs, durationMs } = batch;
  const numbers = [...batch.model, ...batch.metrics, ...(batch.terms ? Object.values(batch.terms) : [])];
  const arrays = [partition, state, reason, rowsRead, rowsUsed, rowsDropped, startedAtMs, durationMs];
  for (const column of numbers as NumberColumn[]) arrays.push(column.values, column.isValid);
  return arrays.map((array) => array.buffer as ArrayBuffer);
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
