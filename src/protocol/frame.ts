import { ManyfitError } from "../errors.ts";
import { splitMessage } from "./frame-header.ts";
import { PRELUDE_BYTES, padded, writePrelude } from "./frame-prelude.ts";
import type { Section } from "./section.ts";

/** Sections shorter than this are copied together: a piece of its own costs more than the copy. */
const OWN_PIECE_BYTES = 65_536;

/**
 * A message as the bytes of one frame, in pieces to be written one after the other. A frame is a prelude of 24 bytes
 * with its lengths, a header in JSON, and a section for every typed array, memory and long text of the message, each at
 * a multiple of 8 bytes from the frame's start, little-endian. Large sections are views on the message's own memory,
 * which therefore must not change until the pieces are written.
 * @throws ManyfitError `internal` for a message that would not arrive as it is, `memory_exceeded` for one that is too
 * large.
 */
export function encodeFrame(message: unknown): Uint8Array[] {
  const { header, sections } = splitMessage(message);
  const text = jsonOf(header);
  const headerBytes = Buffer.byteLength(text, "utf8");
  const first = Buffer.alloc(PRELUDE_BYTES + padded(headerBytes));
  const totalBytes = sections.reduce((sum, { bytes }) => sum + padded(bytes.length), first.length);
  writePrelude(first, { headerBytes, totalBytes });
  first.write(text, PRELUDE_BYTES, "utf8");
  return [first, ...piecesOf(sections)];
}

function jsonOf(header: unknown): string {
  try {
    return JSON.stringify(header);
  } catch (cause) {
    throw new ManyfitError("memory_exceeded", "message is too large: its texts do not fit into one string", {
      cause,
    });
  }
}

/** The sections with their padding, the short ones copied together. */
function piecesOf(sections: readonly Section[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let short: Uint8Array[] = [];
  const joinShort = (): void => {
    if (short.length > 0) pieces.push(joined(short));
    short = [];
  };
  for (const { bytes } of sections) {
    if (bytes.length < OWN_PIECE_BYTES) {
      short.push(bytes);
      continue;
    }
    joinShort();
    pieces.push(bytes);
    const rest = padded(bytes.length) - bytes.length;
    if (rest > 0) pieces.push(new Uint8Array(rest));
  }
  joinShort();
  return pieces;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + padded(part.length), 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += padded(part.length);
  }
  return all;
}
