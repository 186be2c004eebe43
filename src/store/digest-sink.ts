import { createHash } from "node:crypto";

/** Bytes that wait for the hash. */
const BUFFER_BYTES = 1 << 20;

/** Values as bytes, hashed as they come; all numbers little-endian. See `digestOf` for what is written. */
export class DigestSink {
  readonly #hash = createHash("sha256");
  readonly #bytes = new Uint8Array(BUFFER_BYTES);
  readonly #view = new DataView(this.#bytes.buffer);
  #length = 0;

  /** One byte. */
  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  /** Four bytes, an unsigned integer. */
  uint32(value: number): void {
    this.#reserve(4);
    this.#view.setUint32(this.#length, value, true);
    this.#length += 4;
  }

  /** A flag byte, 0 for NaN, which stands for NULL, else 1 and the float64. */
  number(value: number): void {
    this.#reserve(9);
    if (Number.isNaN(value)) {
      this.#bytes[this.#length++] = 0;
      return;
    }
    this.#bytes[this.#length++] = 1;
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  /** The length as uint32, then bytes `from` to `to` (exclusive). */
  bytes(bytes: Uint8Array, from: number, to: number): void {
    this.uint32(to - from);
    if (to - from > BUFFER_BYTES) {
      this.#drain();
      this.#hash.update(bytes.subarray(from, to));
      return;
    }
    this.#reserve(to - from);
    this.#bytes.set(bytes.subarray(from, to), this.#length);
    this.#length += to - from;
  }

  /** UTF-8 as {@link bytes}. */
  text(text: string): void {
    const bytes = new TextEncoder().encode(text);
    this.bytes(bytes, 0, bytes.length);
  }

  /** The sha256 of everything, in hex. Nothing can be added after it. */
  hex(): string {
    this.#drain();
    return this.#hash.digest("hex");
  }

  #reserve(count: number): void {
    if (this.#length + count > BUFFER_BYTES) this.#drain();
  }

  #drain(): void {
    this.#hash.update(this.#bytes.subarray(0, this.#length));
    this.#length = 0;
  }
}
