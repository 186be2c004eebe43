import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { PassThrough, type Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { parentPort, workerData } from "node:worker_threads";
import { createGunzip } from "node:zlib";
import type { HashAnswer } from "./hash-files.ts";

const CHUNK_BYTES = 2 ** 20;

/**
 * The hash of a file's bytes. A gzip file is also unpacked: DuckDB takes one that was cut short for one that ends
 * there.
 */
async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  const bytes = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  const isGzip = path.toLowerCase().endsWith(".gz");
  const checked: Transform = isGzip ? createGunzip({ chunkSize: CHUNK_BYTES }) : new PassThrough();
  bytes.on("data", (chunk) => hash.update(chunk));
  await pipeline(bytes, checked, async (unpacked) => {
    for await (const _ of unpacked);
  });
  return hash.digest("hex");
}

async function answer(paths: readonly string[]): Promise<HashAnswer> {
  const sha256: string[] = [];
  for (const path of paths) {
    try {
      sha256.push(await sha256Of(path));
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const advice = code?.startsWith("Z_") ? "; the file is damaged or was cut short" : "";
      return { problem: `${path}: ${message}${advice}` };
    }
  }
  return { sha256 };
}

parentPort?.postMessage(await answer(workerData as readonly string[]));
