import { ManyfitError } from "../errors.ts";
import { hexFromBytes } from "./hex-text.ts";
import { KEY_TAG } from "./key-layout.ts";

const BYTES_IN_MESSAGE = 48;

/** A place in canonical key bytes from which the next value is read. Readers move `position` past what they read. */
export class KeyReader {
  readonly bytes: Uint8Array;
  position = 0;
  /** End of the key that is being read, exclusive. */
  end = 0;
  #start = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.end = bytes.length;
  }

  /** Goes to the key in `bytes[start .. end)`. */
  moveTo(start: number, end: number): void {
    this.#start = start;
    this.position = start;
    this.end = end;
  }

  /** The next byte. @throws ManyfitError `internal` at the end of the key. */
  next(): number {
    if (this.position >= this.end) throw this.damage("end before the value does");
    return this.bytes[this.position++]!;
  }

  /** Reads past a NULL; false, with nothing read, when the next value is none. */
  skipNull(): boolean {
    if (this.position >= this.end || this.bytes[this.position] !== KEY_TAG.null) return false;
    this.position++;
    return true;
  }

  /** Reads the tag of the next value. @throws ManyfitError `internal` when it is another one than `tag`. */
  expectTag(tag: number): void {
    const found = this.next();
    if (found !== tag) throw this.damage(`have tag ${hexByte(found)} where ${hexByte(tag)} was expected`);
  }

  /** Takes the next `count` bytes as they are and returns where they begin. @throws as {@link next}. */
  take(count: number): number {
    const start = this.position;
    if (start + count > this.end) throw this.damage("end before the value does");
    this.position = start + count;
    return start;
  }

  /** Takes 32 bits as a signed integer. @throws as {@link next}. */
  takeWord(): number {
    const start = this.take(4);
    const { bytes } = this;
    return (bytes[start]! << 24) | (bytes[start + 1]! << 16) | (bytes[start + 2]! << 8) | bytes[start + 3]!;
  }

  /** @throws ManyfitError `internal` when there are bytes after the last value. */
  expectEnd(): void {
    const left = this.end - this.position;
    if (left > 0) throw this.damage(`go on for ${left} bytes after the last value`);
  }

  /** The error for bytes that are not the canonical form of a key of the given types. */
  damage(what: string): ManyfitError {
    const shown = this.bytes.subarray(this.#start, Math.min(this.end, this.#start + BYTES_IN_MESSAGE));
    const isCut = this.end - this.#start > BYTES_IN_MESSAGE;
    return new ManyfitError("internal", `key bytes ${hexFromBytes(shown)}${isCut ? "…" : ""} ${what}`);
  }
}

function hexByte(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}
