import { closeSync, mkdirSync, openSync, unlinkSync, write } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { ManyfitError } from "../../errors.ts";
import { readFully } from "../../protocol/stored-rows.ts";

/** Bytes that are written at once. */
const BUFFER_BYTES = 2 ** 20;

/** Buffers that are written or wait for it, before whoever spills has to wait. */
const MOST_BUFFERS = 4;

const writeAt = promisify(write);

/** Rows could not be written where memory ended: the fault of a disk, and of no source. Its code is `memory_exceeded`. */
export class SpillError extends ManyfitError {
  override readonly name = "SpillError";
}

/**
 * A file that rows go to where memory ends: what is appended stays where it is, and is read back by its offset, by any
 * thread of this process through {@link SpillFile.descriptor}. It has no name, so that nothing is left of it whatever
 * becomes of the process. Must be closed.
 */
export class SpillFile {
  /** File descriptor, open for reading in all threads of the process. */
  readonly descriptor: number;
  readonly #folder: string;
  readonly #free: Uint8Array<ArrayBuffer>[] = [];
  #buffer = new Uint8Array(BUFFER_BYTES);
  #used = 0;
  /** Bytes of the file without those in the buffer. */
  #bytesBefore = 0;
  #writing: Promise<void> = Promise.resolve();
  #writes = 0;
  #failure: ManyfitError | null = null;
  #wake: (() => void) | null = null;

  /** Makes the file in a folder, which is made where it is missing. @throws SpillError. */
  constructor(folder: string) {
    this.#folder = folder;
    const path = join(folder, `rows-${process.pid}-${Date.now().toString(36)}.spill`);
    try {
      mkdirSync(folder, { recursive: true });
      this.descriptor = openSync(path, "wx+", 0o600);
      unlinkSync(path);
    } catch (error) {
      throw unwritable(folder, 0, error);
    }
  }

  /** Bytes that were appended. */
  get byteCount(): number {
    return this.#bytesBefore + this.#used;
  }

  /** Copies bytes behind those before; gives their offset. `untilRoom` is to be awaited before much more comes. */
  append(bytes: Uint8Array): number {
    const offset = this.byteCount;
    let done = 0;
    while (done < bytes.length) {
      const count = Math.min(bytes.length - done, BUFFER_BYTES - this.#used);
      this.#buffer.set(bytes.subarray(done, done + count), this.#used);
      this.#used += count;
      done += count;
      if (this.#used === BUFFER_BYTES) this.#startWrite();
    }
    return offset;
  }

  /** Whether `append` should not be called before `untilRoom`. */
  get isFull(): boolean {
    return this.#failure !== null || this.#writes >= MOST_BUFFERS;
  }

  /** Resolves when there is room. @throws SpillError where an earlier write failed. */
  async untilRoom(): Promise<void> {
    while (this.#failure === null && this.#writes >= MOST_BUFFERS)
      await new Promise<void>((wake) => (this.#wake = wake));
    if (this.#failure !== null) throw this.#failure;
  }

  /** Resolves when everything appended so far can be read. @throws as {@link untilRoom}. */
  async flush(): Promise<void> {
    if (this.#used > 0) this.#startWrite();
    await this.#writing;
    if (this.#failure !== null) throw this.#failure;
  }

  /** Fills an array with the bytes from an offset on; they were flushed before. Blocks its thread. */
  read(offset: number, target: Uint8Array): void {
    readFully(this.descriptor, offset, target);
  }

  /** Waits for what is being written, and frees the file. */
  async close(): Promise<void> {
    await this.#writing;
    closeSync(this.descriptor);
  }

  #startWrite(): void {
    const bytes = this.#buffer.subarray(0, this.#used);
    const at = this.#bytesBefore;
    this.#bytesBefore += this.#used;
    this.#used = 0;
    this.#writes++;
    this.#buffer = this.#free.pop() ?? new Uint8Array(BUFFER_BYTES);
    this.#writing = this.#writing.then(() => this.#write(bytes, at));
  }

  async #write(bytes: Uint8Array<ArrayBuffer>, at: number): Promise<void> {
    try {
      let done = 0;
      while (done < bytes.length && this.#failure === null) {
        const { bytesWritten } = await writeAt(this.descriptor, bytes, done, bytes.length - done, at + done);
        done += bytesWritten;
      }
    } catch (error) {
      this.#failure ??= unwritable(this.#folder, at, error);
    }
    this.#writes--;
    this.#free.push(new Uint8Array(bytes.buffer));
    this.#wake?.();
    this.#wake = null;
  }
}

function unwritable(folder: string, bytes: number, cause: unknown): SpillError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const why = code === "ENOSPC" || code === "EDQUOT" ? "its disk is full" : message;
  return new SpillError(
    "memory_exceeded",
    `temporary folder ${folder}: rows that do not fit into memory cannot be written there after ${bytes} bytes: ${why}; free space there, name a larger disk with TMPDIR, or give more --memory`,
    { cause },
  );
}
