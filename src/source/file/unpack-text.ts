import { gunzipSync } from "node:zlib";
import { declined, type FileDeclined, type FileFailed, unreadable } from "./file-reading.ts";

/** Bounds of the memory into which a file is unpacked at once: a file can lie about its length. */
const [MIN_CHUNK_BYTES, MAX_CHUNK_BYTES] = [2 ** 14, 2 ** 24];

/** What `gunzipSync` returns with the option `info`, which its types do not know. */
interface GunzipInfo {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

/**
 * The text of a file of text, unpacked where its path ends in `.gz`. Text of more than `mostBytes` is DuckDB's, which needs
 * not hold it whole.
 */
export function unpackText(
  path: string,
  bytes: Buffer,
  mostBytes: number,
): { readonly text: Buffer } | FileDeclined | FileFailed {
  if (!/\.gz$/i.test(path)) return { text: bytes };
  // DuckDB goes by the letters of the ending.
  if (!path.endsWith(".gz")) return declined("its ending is not .gz in small letters");
  if (bytes.length > 0 && (bytes[0] !== 0x1f || bytes[1] !== 0x8b)) return declined("it is not packed");
  const statedLength = bytes.length < 4 ? 0 : bytes.readUInt32LE(bytes.length - 4);
  const chunkSize = Math.min(MAX_CHUNK_BYTES, Math.max(MIN_CHUNK_BYTES, statedLength + 1));
  const options = { chunkSize, maxOutputLength: mostBytes, info: true };
  try {
    const { buffer, engine } = gunzipSync(bytes, options) as unknown as GunzipInfo;
    // Node passes over zeros behind the packed text, DuckDB does not.
    if (engine.bytesWritten !== bytes.length) return declined("something follows the packed text");
    return { text: buffer };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ERR_BUFFER_TOO_LARGE") return declined("it holds more text than a worker reads");
    return unreadable(`${message}; the file is damaged or was cut short`, null);
  }
}
