import { KEY_TAG } from "./key-layout.ts";
import type { KeyReader } from "./key-reader.ts";
import type { KeyWriter } from "./key-writer.ts";

/** Writes a boolean. */
export function writeBoolean(out: KeyWriter, value: boolean): void {
  out.reserve(2);
  out.put(KEY_TAG.boolean);
  out.put(value ? 1 : 0);
}

/** Reads a boolean. @throws ManyfitError `internal` for other bytes. */
export function readBoolean(reader: KeyReader): boolean {
  reader.expectTag(KEY_TAG.boolean);
  const byte = reader.next();
  if (byte > 1) throw reader.damage(`have the boolean ${byte}, only 0 and 1 are allowed`);
  return byte === 1;
}

/** Writes NULL, the same for every type. */
export function writeNull(out: KeyWriter): void {
  out.reserve(1);
  out.put(KEY_TAG.null);
}
