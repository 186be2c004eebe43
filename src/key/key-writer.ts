const FIRST_BYTES = 1024;

/**
 * A growing buffer that keys are written into. Writers call {@link KeyWriter.reserve} for the most they will
 * write, then write at `bytes[length]` and move `length`.
 */
export class KeyWriter {
  bytes: Uint8Array = new Uint8Array(FIRST_BYTES);
  /** Bytes written so far. */
  length = 0;

  /** Makes room for `count` more bytes; `bytes` may be another array afterwards. */
  reserve(count: number): void {
    const needed = this.length + count;
    if (needed <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }

  /** Writes one byte, for which there must be room. */
  put(byte: number): void {
    this.bytes[this.length++] = byte;
  }

  /** Writes the low 32 bits of a number, for which there must be room. */
  putWord(word: number): void {
    this.put(word >>> 24);
    this.put(word >>> 16);
    this.put(word >>> 8);
    this.put(word);
  }
}
