import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { PassThrough, type Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { ManyfitError } from "../errors.ts";

const CHUNK_BYTES = 2 ** 20;

/** What identifies the content of a file. */
export interface FileHash {
  /** Of the bytes on disk, in hex. */
  readonly sha256: string;
  readonly bytes: number;
}

/**
 * The hash of a file's bytes. A gzip file is also unpacked: DuckDB takes one that was cut short for one that ends
 * there. Ends with the signal's reason when that is aborted.
 * @throws ManyfitError `source_unreadable` where it is damaged, was cut short, or cannot be read.
 */
export async function hashSourceFile(path: string, signal?: AbortSignal): Promise<FileHash> {
  const hash = createHash("sha256");
  let size = 0;
  const bytes = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  const isGzip = path.toLowerCase().endsWith(".gz");
  const checked: Transform = isGzip ? createGunzip({ chunkSize: CHUNK_BYTES }) : new PassThrough();
  bytes.on("data", (chunk) => {
    hash.update(chunk);
    size += chunk.length;
  });
  try {
    const passOver = async (unpacked: AsyncIterable<unknown>): Promise<void> => {
      for await (const _ of unpacked);
    };
    await pipeline(bytes, checked, passOver, { signal });
  } catch (error) {
    signal?.throwIfAborted();
    const { code, message } = error as NodeJS.ErrnoException;
    const advice = code?.startsWith("Z_") ? "; the file is damaged or was cut short" : "";
    throw new ManyfitError("source_unreadable", `${path}: ${message}${advice}`, { cause: error });
  }
  return { sha256: hash.digest("hex"), bytes: size };
}
