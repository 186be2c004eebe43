import { randomUUID } from "node:crypto";
import { closeSync, mkdirSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";

/** What a Python child is at. */
export interface PythonProgress {
  /** Which message, and which of its partitions. */
  readonly id: number;
  readonly index: number;
  /** Milliseconds since 1970. */
  readonly startedAtMs: number;
}

const BYTES = 32;

/**
 * 32 bytes of a file that a Python child writes before and after each fit, and its host reads when time or memory run out,
 * or the child is dead: float64s, little-endian, of message, partition, seconds since 1970 at its start, and 1 while
 * code of the user's runs. A message for each partition would cost more than a small fit.
 */
export class ProgressCell {
  readonly path: string;
  readonly #descriptor: number;
  readonly #bytes = Buffer.alloc(BYTES);
  #isClosed = false;

  /** Makes the file in a folder, which is made where it is missing. */
  constructor(folder: string) {
    mkdirSync(folder, { recursive: true });
    this.path = join(folder, `python-${randomUUID()}.cell`);
    this.#descriptor = openSync(this.path, "wx+", 0o600);
    writeSync(this.#descriptor, this.#bytes);
  }

  /** What the child is at; null between partitions. */
  read(): PythonProgress | null {
    readSync(this.#descriptor, this.#bytes, 0, BYTES, 0);
    if (this.#bytes.readDoubleLE(24) !== 1) return null;
    return {
      id: this.#bytes.readDoubleLE(0),
      index: this.#bytes.readDoubleLE(8),
      startedAtMs: this.#bytes.readDoubleLE(16) * 1000,
    };
  }

  /** Removes the file; a second time does nothing. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    closeSync(this.#descriptor);
    rmSync(this.path, { force: true });
  }
}
