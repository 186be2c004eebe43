import type { FileColumns } from "../run/result-batch.ts";

/** What identifies the content of a file that was read; null where it could not be. */
export interface FileRead {
  /** Of the bytes on disk, in hex. */
  readonly sha256: string;
  readonly bytes: number;
}

/** Collects what was read for the partitions of a batch that are files. */
export class FileFactsBuilder {
  readonly #sha256: (string | null)[] = [];
  readonly #bytes: (number | null)[] = [];

  add(file: FileRead | null): void {
    this.#sha256.push(file?.sha256 ?? null);
    this.#bytes.push(file?.bytes ?? null);
  }

  /** The columns; null where no partition was a file. */
  finish(): FileColumns | null {
    return this.#sha256.length === 0 ? null : { sha256: this.#sha256, bytes: this.#bytes };
  }
}
