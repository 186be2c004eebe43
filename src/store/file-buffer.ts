import type { AppendColumn } from "../duckdb/append-column.ts";
import type { FileColumns } from "../run/result-batch.ts";

/** The files of many batches, as the columns that `resultColumns` has for files. */
export class FileBuffer {
  readonly #sha256: (string | null)[] = [];
  readonly #bytes: number[] = [];
  #hasFiles = false;

  /** Whether one of the batches had files. */
  get hasFiles(): boolean {
    return this.#hasFiles;
  }

  /** Takes the files of a batch of `rowCount` partitions. */
  add(files: FileColumns | null, rowCount: number): void {
    this.#hasFiles ||= files !== null;
    for (let row = 0; row < rowCount; row++) {
      this.#sha256.push(files?.sha256[row] ?? null);
      this.#bytes.push(files?.bytes[row] ?? Number.NaN);
    }
  }

  /** The files as columns; none where no batch had files. */
  columns(): AppendColumn[] {
    if (!this.#hasFiles) return [];
    return [
      { type: "VARCHAR", values: this.#sha256 },
      { type: "DOUBLE", values: Float64Array.from(this.#bytes) },
    ];
  }
}
