import type { ResultBatch } from "../run/result-batch.ts";

/** What is known of the files of a run whose partitions are files: entry `i` is of partition `i`, which is file `i`. */
export interface FileFacts {
  /** Of the bytes on disk, in hex; null where the file was not, or could not be, read. */
  readonly sha256: readonly (string | null)[];
  /** Length on disk; null as above. */
  readonly bytes: readonly (number | null)[];
  /** Rows that were read; null where they are not known. */
  readonly rows: readonly (number | null)[];
}

/** Collects the facts of files from the results of their partitions. */
export class FileFactsCollector {
  readonly #partitionCount: number;
  #facts: { sha256: (string | null)[]; bytes: (number | null)[]; rows: (number | null)[] } | null = null;

  constructor(partitionCount: number) {
    this.#partitionCount = partitionCount;
  }

  /** Takes what a batch says of files, where it says something. */
  add({ partition, files, rowsRead }: ResultBatch): void {
    if (files === null) return;
    const nulls = (): null[] => new Array<null>(this.#partitionCount).fill(null);
    this.#facts ??= { sha256: nulls(), bytes: nulls(), rows: nulls() };
    for (const [row, number] of partition.entries()) {
      this.#facts.sha256[number] = files.sha256[row]!;
      this.#facts.bytes[number] = files.bytes[row]!;
      this.#facts.rows[number] = Number.isNaN(rowsRead[row]!) ? null : rowsRead[row]!;
    }
  }

  /** The facts so far; null where no batch had files. */
  facts(): FileFacts | null {
    const facts = this.#facts;
    return facts && { sha256: [...facts.sha256], bytes: [...facts.bytes], rows: [...facts.rows] };
  }
}
