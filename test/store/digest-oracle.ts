import { createHash } from "node:crypto";
import { keyAt } from "../../src/key/key-list.ts";
import { FIT_STATES, SKIP_REASONS } from "../../src/run/fit-state.ts";
import type { MadeRun } from "./made-run.ts";

/** The digest of a run as its documentation describes it, from the outcomes themselves and one byte at a time. */
export function expectedDigest({ keys, resultSchema, outcomes }: MadeRun): string {
  const pieces: Uint8Array[] = [];
  const uint32 = (value: number): void => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value);
    pieces.push(bytes);
  };
  const text = (value: Uint8Array): void => {
    uint32(value.length);
    pieces.push(value);
  };
  const number = (value: number | null): void => {
    const bytes = Buffer.alloc(value === null ? 1 : 9);
    if (value !== null) {
      bytes[0] = 1;
      bytes.writeDoubleLE(value === 0 ? 0 : value, 1);
    }
    pieces.push(bytes);
  };
  text(Buffer.from("digest-v1"));
  const isDocument = resultSchema.form === "document";
  uint32(isDocument ? 0xffffffff : resultSchema.model.length);
  if (isDocument) text(Buffer.from("document"));
  for (const { name, listLength } of resultSchema.model) {
    text(Buffer.from(name));
    uint32(listLength ?? 0xffffffff);
  }
  for (const [i, { state, reason, rowsUsed, rowsDropped, model, document }] of outcomes.entries()) {
    text(keyAt(keys, i));
    pieces.push(
      Uint8Array.of(FIT_STATES.indexOf(state), reason === null ? 255 : SKIP_REASONS.indexOf(reason)),
    );
    const counts =
      rowsUsed === null ? [null, null, null, null] : [rowsUsed + rowsDropped, rowsUsed, rowsDropped, 0];
    for (const count of counts) number(count);
    if (state !== "fitted") continue;
    for (const value of model) number(value);
    if (document === undefined) continue;
    const { model: value } = document;
    pieces.push(Uint8Array.of(typeof value === "string" ? 1 : 2));
    text(typeof value === "string" ? Buffer.from(value) : value);
  }
  return createHash("sha256").update(Buffer.concat(pieces)).digest("hex");
}
