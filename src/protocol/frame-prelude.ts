import { ManyfitError } from "../errors.ts";

/** The bytes `mfF`, then the version of the frame's layout. */
const MAGIC = 0x01_46_66_6d;

/** Bytes of a prelude. */
export const PRELUDE_BYTES = 24;

/** Longest header in bytes: what still fits into one string. */
export const MAX_HEADER_BYTES = 0x1fff_0000;

/** Longest frame in bytes, 64 GiB: more rows than one partition can have here. */
export const MAX_FRAME_BYTES = 2 ** 36;

/** How long a frame and its header are, in bytes. The header's length is without the zeros behind it. */
export interface Prelude {
  readonly headerBytes: number;
  /** The whole frame, prelude and all padding included. */
  readonly totalBytes: number;
}

/** The next multiple of 8. */
export function padded(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}

/**
 * Writes the 24 bytes that begin a frame, little-endian: magic and version (uint32), length of the header (uint32),
 * length of the frame (uint64), a check of these 16 bytes (uint32), zero (uint32).
 * @throws ManyfitError `memory_exceeded` for a message that is too large for one frame.
 */
export function writePrelude(target: Buffer, { headerBytes, totalBytes }: Prelude): void {
  if (headerBytes > MAX_HEADER_BYTES || totalBytes > MAX_FRAME_BYTES)
    throw tooLarge({ headerBytes, totalBytes });
  target.writeUInt32LE(MAGIC, 0);
  target.writeUInt32LE(headerBytes, 4);
  target.writeBigUInt64LE(BigInt(totalBytes), 8);
  target.writeUInt32LE(checkOf(target), 16);
  target.writeUInt32LE(0, 20);
}

/**
 * Reads what {@link writePrelude} wrote.
 * @throws ManyfitError `worker_failed` where the bytes are no prelude: whatever follows cannot be read either.
 */
export function readPrelude(source: Buffer): Prelude {
  const magic = source.readUInt32LE(0);
  if (magic !== MAGIC) {
    const [found, expected] = [magic, MAGIC].map((word) => word.toString(16).padStart(8, "0"));
    throw new ManyfitError(
      "worker_failed",
      `frame begins with ${found}, expected ${expected}: the stream is damaged`,
    );
  }
  if (source.readUInt32LE(16) !== checkOf(source) || source.readUInt32LE(20) !== 0) {
    throw new ManyfitError("worker_failed", "frame has lengths that fail their check: the stream is damaged");
  }
  const prelude = { headerBytes: source.readUInt32LE(4), totalBytes: Number(source.readBigUInt64LE(8)) };
  const { headerBytes, totalBytes } = prelude;
  if (
    headerBytes > MAX_HEADER_BYTES ||
    totalBytes > MAX_FRAME_BYTES ||
    totalBytes < PRELUDE_BYTES + headerBytes
  ) {
    throw new ManyfitError(
      "worker_failed",
      `frame of ${totalBytes} bytes has a header of ${headerBytes}, at most ${MAX_HEADER_BYTES} in ${MAX_FRAME_BYTES} are allowed: the stream is damaged`,
    );
  }
  return prelude;
}

/** FNV-1a of the first 16 bytes (Fowler, Noll, Vo; RFC 9923), in 32 bits. */
function checkOf(prelude: Buffer): number {
  let hash = 0x811c_9dc5;
  for (let i = 0; i < 16; i++) hash = Math.imul(hash ^ prelude[i]!, 0x0100_0193);
  return hash >>> 0;
}

function tooLarge({ headerBytes, totalBytes }: Prelude): ManyfitError {
  return new ManyfitError(
    "memory_exceeded",
    `message of ${totalBytes} bytes, ${headerBytes} of them outside of arrays, is too large: at most ${MAX_FRAME_BYTES} and ${MAX_HEADER_BYTES} are allowed`,
  );
}
