import type { AppendColumn } from "../duckdb/append-column.ts";
import type { DocumentColumns } from "../run/result-batch.ts";

/** Models of many batches that are documents, as the columns that `resultColumns` has for documents. */
export class DocumentBuffer {
  readonly #json: (string | null)[] = [];
  readonly #bytes: (Uint8Array | null)[] = [];
  readonly #metrics: (string | null)[] = [];
  #byteCount = 0;

  /** Length of all models, with the JSON that describes them. */
  get byteCount(): number {
    return this.#byteCount;
  }

  /**
   * Takes the models of a batch and writes the length of each into `modelBytes`, NaN where there is none: of its bytes, where it
   * has any, and not of the JSON that describes them. Models are not copied. There is one zero among metrics, as among all stored numbers.
   */
  add({ json, bytes, metrics }: DocumentColumns, modelBytes: Float64Array): void {
    for (let row = 0; row < json.length; row++) {
      const [text, blob, named] = [json[row]!, bytes[row]!, metrics[row]!];
      this.#json.push(text);
      this.#bytes.push(blob);
      const isFitted = text !== null || blob !== null;
      this.#metrics.push(isFitted ? JSON.stringify(named ?? {}) : null);
      const textLength = text === null ? 0 : Buffer.byteLength(text);
      modelBytes[row] = isFitted ? (blob?.length ?? textLength) : Number.NaN;
      this.#byteCount += textLength + (blob?.length ?? 0);
    }
  }

  /** The models as columns over the buffer's own lists, valid until it changes. */
  columns(): AppendColumn[] {
    return [
      { type: "VARCHAR", values: this.#json },
      { type: "BLOB", values: this.#bytes },
      { type: "VARCHAR", values: this.#metrics },
    ];
  }
}
