import type { AppendColumn } from "../duckdb/append-column.ts";
import type { NumberColumn, Remark, ResultBatch } from "../run/result-batch.ts";
import type { ResultSchema } from "../run/result-schema.ts";
import { brokenBatch } from "./broken-batch.ts";
import { checkBatch } from "./check-batch.ts";
import { DocumentBuffer } from "./document-buffer.ts";
import { FileBuffer } from "./file-buffer.ts";
import { FIXED_NUMBERS, modelWidth, numberNames, type PartShape, TERM_NUMBERS } from "./result-columns.ts";

const FIRST_ROWS = 1024;

interface PartitionRemark {
  readonly remark: Remark;
  readonly partition: number;
  readonly isError: 0 | 1;
}

/**
 * Results of many batches as one array per column of `resultColumns`. DuckDB takes few big arrays of plain numbers
 * much faster than many small ones; lists, structs and NULLs are made of them when a part is written.
 */
export class ResultBuffer {
  readonly #schema: ResultSchema;
  readonly #codes = {
    partition: new Int32Array(FIRST_ROWS),
    state: new Uint8Array(FIRST_ROWS),
    reason: new Uint8Array(FIRST_ROWS),
    attempt: new Int32Array(FIRST_ROWS),
    worker: new Int32Array(FIRST_ROWS),
    task: new Int32Array(FIRST_ROWS),
  };
  readonly #remarks: PartitionRemark[] = [];
  readonly #documents = new DocumentBuffer();
  readonly #files = new FileBuffer();
  #numbers: Float64Array[];
  #capacity = FIRST_ROWS;
  #rowCount = 0;
  #remarkLength = 0;

  constructor(schema: ResultSchema) {
    this.#schema = schema;
    this.#numbers = numberNames(schema).map(() => new Float64Array(FIRST_ROWS));
  }

  /** Results in the buffer. */
  get rowCount(): number {
    return this.#rowCount;
  }

  /** Length of what may be of any length: models that are documents in bytes, the texts of remarks in characters. */
  get looseLength(): number {
    return this.#documents.byteCount + this.#remarkLength;
  }

  /** What the results hold. */
  get shape(): PartShape {
    return { resultSchema: this.#schema, hasFiles: this.#files.hasFiles };
  }

  /** Copies the results of a batch, but for its documents. @throws ManyfitError `internal` for one that does not keep to its contract. */
  add(batch: ResultBatch): void {
    checkBatch(this.#schema, batch);
    const start = this.#rowCount;
    const end = start + batch.partition.length;
    this.#reserve(end);
    this.#addCodes(batch, start, end);
    const { rowsRead, rowsUsed, rowsDropped, rowsHeldOut, startedAtMs, durationMs } = batch;
    const fixed = [rowsRead, rowsUsed, rowsDropped, rowsHeldOut, startedAtMs, durationMs];
    for (const [i, values] of fixed.entries()) this.#numbers[i]!.set(values, start);
    let next: number = FIXED_NUMBERS.length;
    for (const column of batch.metrics) next = this.#addNumbers(column, next, batch.state);
    const firstModel = next;
    for (const column of batch.model) next = this.#addNumbers(column, next, batch.state);
    if (batch.terms) {
      for (const name of TERM_NUMBERS) next = this.#addNumbers(batch.terms[name], next, batch.state);
    }
    if (batch.documents === null) this.#countModelBytes(firstModel, batch.state);
    else this.#documents.add(batch.documents, this.#modelBytes().subarray(start, end));
    this.#files.add(batch.files, batch.partition.length);
    this.#addRemarks(batch);
    this.#rowCount = end;
  }

  /** The results as columns over the buffer's own memory, valid until it changes. */
  columns(): AppendColumn[] {
    const { partition, state, reason, attempt, worker, task } = this.#codes;
    const end = this.#rowCount;
    return [
      { type: "INTEGER", values: partition.subarray(0, end) },
      { type: "UTINYINT", values: state.subarray(0, end) },
      { type: "UTINYINT", values: reason.subarray(0, end) },
      ...[attempt, worker, task].map((values) => ({
        type: "INTEGER" as const,
        values: values.subarray(0, end),
      })),
      ...this.#numbers.map((values) => ({ type: "DOUBLE" as const, values: values.subarray(0, end) })),
      ...(this.#schema.form === "document" ? this.#documents.columns() : []),
      ...this.#files.columns(),
    ];
  }

  /** Remarks on the results in the buffer. */
  get remarkCount(): number {
    return this.#remarks.length;
  }

  /** The remarks as columns: partition, place among all remarks, code, message, whether it is an error, stack. */
  remarkColumns(): AppendColumn[] {
    const remarks = this.#remarks;
    return [
      { type: "INTEGER", values: Int32Array.from(remarks, ({ partition }) => partition) },
      { type: "INTEGER", values: Int32Array.from(remarks, (_, place) => place) },
      { type: "VARCHAR", values: remarks.map(({ remark }) => remark.code) },
      { type: "VARCHAR", values: remarks.map(({ remark }) => remark.message) },
      { type: "UTINYINT", values: Uint8Array.from(remarks, ({ isError }) => isError) },
      { type: "VARCHAR", values: remarks.map(({ remark }) => remark.stack) },
    ];
  }

  #addRemarks({ partition, warnings, errors }: ResultBatch): void {
    for (const remark of warnings) this.#addRemark(remark, partition[remark.row]!, 0);
    for (const remark of errors) this.#addRemark(remark, partition[remark.row]!, 1);
  }

  #addRemark(remark: Remark, partition: number, isError: 0 | 1): void {
    this.#remarks.push({ remark, partition, isError });
    this.#remarkLength += remark.message.length + (remark.stack?.length ?? 0);
  }

  #addCodes(batch: ResultBatch, start: number, end: number): void {
    const { partition, state, reason, attempt, worker, task } = this.#codes;
    partition.set(batch.partition, start);
    state.set(batch.state, start);
    // No reason is -1, which becomes 255.
    reason.set(batch.reason, start);
    attempt.fill(batch.attempt, start, end);
    worker.fill(batch.worker, start, end);
    task.fill(batch.task, start, end);
  }

  /**
   * Spreads a column over as many arrays as it is wide, NaN where a number is NULL or its partition not fitted; says
   * which array is next. There is one zero: DuckDB does not keep the sign of -0.
   */
  #addNumbers(column: NumberColumn, first: number, state: Uint8Array): number {
    const { width, values, isValid } = column;
    const start = this.#rowCount;
    for (let index = 0; index < width; index++) {
      const flat = this.#numbers[first + index]!;
      for (let row = 0, from = index; row < state.length; row++, from += width) {
        const value = state[row] === 0 && isValid[from] !== 0 ? values[from]! + 0 : Number.NaN;
        if (!Number.isFinite(value) && state[row] === 0 && isValid[from] !== 0) {
          throw brokenBatch(`has ${value} as a result, which must be finite or NULL`);
        }
        flat[start + row] = value;
      }
    }
    return first + width;
  }

  /** Length of the canonical model bytes: a flag for each number, and eight bytes for each that is not NULL. */
  #countModelBytes(firstModel: number, state: Uint8Array): void {
    const start = this.#rowCount;
    const width = modelWidth(this.#schema);
    const bytes = this.#modelBytes();
    for (let row = 0; row < state.length; row++) bytes[start + row] = state[row] === 0 ? width : Number.NaN;
    for (const numbers of this.#numbers.slice(firstModel, firstModel + width)) {
      for (let i = start; i < start + state.length; i++) if (!Number.isNaN(numbers[i]!)) bytes[i]! += 8;
    }
  }

  #modelBytes(): Float64Array {
    return this.#numbers[FIXED_NUMBERS.indexOf("model_bytes")]!;
  }

  #reserve(rows: number): void {
    if (rows <= this.#capacity) return;
    this.#capacity = Math.max(rows, 2 * this.#capacity);
    const codes = this.#codes;
    codes.partition = grown(codes.partition, new Int32Array(this.#capacity));
    codes.state = grown(codes.state, new Uint8Array(this.#capacity));
    codes.reason = grown(codes.reason, new Uint8Array(this.#capacity));
    codes.attempt = grown(codes.attempt, new Int32Array(this.#capacity));
    codes.worker = grown(codes.worker, new Int32Array(this.#capacity));
    codes.task = grown(codes.task, new Int32Array(this.#capacity));
    this.#numbers = this.#numbers.map((values) => grown(values, new Float64Array(this.#capacity)));
  }
}

function grown<Values extends Int32Array | Uint8Array | Float64Array>(from: Values, to: Values): Values {
  to.set(from);
  return to;
}
