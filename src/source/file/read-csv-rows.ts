import { gunzipSync } from "node:zlib";
import type { FilePlan } from "../../protocol/file-plan.ts";
import { parsePlainCsv } from "../text/plain-csv.ts";
import {
  columnMissing,
  declined,
  type FileContent,
  type FileDeclined,
  type FileFailed,
  type FileReading,
  unreadable,
} from "./file-reading.ts";

/** Text that is longer when it is unpacked is DuckDB's, which needs not hold it whole. */
const MAX_TEXT_BYTES = 512 * 2 ** 20;

/** Bounds of the memory into which a file is unpacked at once: a file can lie about its length. */
const [MIN_CHUNK_BYTES, MAX_CHUNK_BYTES] = [2 ** 14, 2 ** 24];

/** The rows of a CSV file of numbers, packed where its path ends in `.gz`. */
export function readCsvRows(
  path: string,
  { bytes, facts }: FileContent,
  { dialect, columns }: FilePlan,
): FileReading {
  if (dialect === null) return declined("nobody told how its fields are told apart");
  const other = columns.find((column) => column.type !== "double");
  if (other !== undefined) return declined(`column "${other.name}" is read as ${other.type}`);
  const unpacked = /\.gz$/i.test(path) ? unpack(path, bytes) : { text: bytes };
  if (!("text" in unpacked)) return unpacked;
  if (unpacked.text.length === 0) {
    const message = "is empty; a CSV needs a line of column names";
    return { kind: "failed", code: "source_empty", message, file: facts };
  }
  const parsed = parsePlainCsv(unpacked.text, { dialect, columns });
  if ("declined" in parsed) return declined(parsed.declined);
  if ("missing" in parsed) return columnMissing(parsed.missing[0]!, parsed.found, facts);
  return { kind: "rows", rows: parsed, file: facts };
}

/** What `gunzipSync` returns with the option `info`, which its types do not know. */
interface GunzipInfo {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

function unpack(path: string, bytes: Buffer): { readonly text: Buffer } | FileDeclined | FileFailed {
  // DuckDB goes by the letters of the ending.
  if (!path.endsWith(".gz")) return declined("its ending is not .gz in small letters");
  const statedLength = bytes.length < 4 ? 0 : bytes.readUInt32LE(bytes.length - 4);
  const chunkSize = Math.min(MAX_CHUNK_BYTES, Math.max(MIN_CHUNK_BYTES, statedLength + 1));
  const options = { chunkSize, maxOutputLength: MAX_TEXT_BYTES, info: true };
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
