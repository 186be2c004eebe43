import type { ColumnBatch } from "../duckdb/column-batch.ts";
import type { Connection } from "../duckdb/duckdb.ts";
import { quoteIdentifier } from "../duckdb/quote.ts";
import { ManyfitError } from "../errors.ts";
import type { ResultSchema } from "../run/result-schema.ts";
import type { DigestSink } from "./digest-sink.ts";
import { readStoredParquet } from "./parquet-sql.ts";

/** Kinds of documents as the digest has them. */
const JSON_VALUE = 1;
const BYTES = 2;
const PREDICTIONS = 3;

/** What stands for a model's bytes in its description, where they are not the same twice. */
const PREDICTIONS_HASH = /"predictions_sha256":"([0-9a-f]{64})"/;

/** How the models of some rows become canonical bytes: which columns to read, and what to hash of each row. */
interface ModelForm {
  readonly columns: readonly string[];
  /** What adds the model of a row of this batch to a digest. */
  open(batch: ColumnBatch): (sink: DigestSink, row: number) => void;
}

/** Reads the models of a run one after the other, in step with its ledger; it must be closed. */
export class StoredModels {
  readonly #connection: Connection;
  readonly #batches: AsyncGenerator<ColumnBatch, void, undefined>;
  readonly #form: ModelForm;
  #partition: Int32Array = new Int32Array(0);
  #addRow: (sink: DigestSink, row: number) => void = () => undefined;
  #rowCount = 0;
  #row = 0;

  constructor(
    connection: Connection,
    tables: { readonly modelsPath: string; readonly resultSchema: ResultSchema },
  ) {
    const { modelsPath, resultSchema } = tables;
    this.#connection = connection;
    this.#form = resultSchema.form === "document" ? documents() : numbers(resultSchema);
    const columns = ["partition", ...this.#form.columns].join(", ");
    this.#batches = connection.batches(`select ${columns} from ${readStoredParquet([modelsPath])}`);
  }

  /** Whether the next model is there without waiting for it. */
  hasNext(): boolean {
    return this.#row < this.#rowCount;
  }

  /** Waits for the next models. */
  async fetch(): Promise<void> {
    const { value } = await this.#batches.next();
    this.#row = 0;
    this.#rowCount = value?.rowCount ?? 0;
    if (!value) return;
    this.#partition = value.int32s(0);
    this.#addRow = this.#form.open(value);
  }

  /** Hashes the canonical bytes of the next model. @throws ManyfitError `run_damaged` unless it is this partition's. */
  addNext(sink: DigestSink, partition: number): void {
    if (!this.hasNext() || this.#partition[this.#row] !== partition) {
      throw damagedTable(`models have no row for partition ${partition}, which is fitted, where it belongs`);
    }
    this.#addRow(sink, this.#row);
    this.#row++;
  }

  /** @throws ManyfitError `run_damaged` when there are more models. */
  async expectEnd(): Promise<void> {
    if (!this.hasNext()) await this.fetch();
    if (this.hasNext())
      throw damagedTable(`models have partition ${this.#partition[this.#row]}, which is not fitted`);
  }

  /** Frees what it holds. */
  close(): void {
    this.#connection.close();
  }
}

/** SQL for a number as a double, NaN for NULL. */
export function orNaN(expression: string): string {
  return `coalesce(${expression}::DOUBLE, 'NaN'::DOUBLE)`;
}

/** The error for a stored table that is not what the store wrote. */
export function damagedTable(text: string): ManyfitError {
  return new ManyfitError("run_damaged", text);
}

function numbers({ model }: ResultSchema): ModelForm {
  const columns = model.flatMap(({ name, listLength }) => {
    const column = quoteIdentifier(name);
    if (listLength === null) return [orNaN(column)];
    return Array.from({ length: listLength }, (_, i) => orNaN(`list_extract(${column}, ${i + 1})`));
  });
  return {
    columns,
    open: (batch) => {
      const values = columns.map((_, i) => batch.doubles(1 + i));
      return (sink, row) => {
        for (const column of values) sink.number(column[row]!);
      };
    },
  };
}

/** Texts are read as the bytes that they are stored as: DuckDB's binding drops a byte order mark of a text. */
function documents(): ModelForm {
  return {
    columns: ["encode(model)", "model_blob"],
    open: (batch) => (sink, row) => {
      const json = batch.blob(1, row);
      const bytes = batch.blob(2, row);
      // JSON beside bytes only says what they are, and what they predict.
      const model = bytes ?? json;
      if (model === null) throw damagedTable("models have neither JSON nor bytes in one row");
      const predictions = bytes === null || json === null ? null : hashOfPredictions(json);
      sink.byte(bytes === null ? JSON_VALUE : predictions === null ? BYTES : PREDICTIONS);
      if (predictions === null) sink.bytes(model, 0, model.length);
      else sink.bytes(predictions, 0, predictions.length);
    },
  };
}

function hashOfPredictions(json: Uint8Array): Uint8Array | null {
  const hex = PREDICTIONS_HASH.exec(Buffer.from(json).toString("utf8"))?.[1];
  return hex === undefined ? null : Buffer.from(hex, "hex");
}
