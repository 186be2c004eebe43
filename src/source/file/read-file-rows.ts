import { hash } from "node:crypto";
import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import type { FilePlan } from "../../protocol/file-plan.ts";
import { declined, type FileReading, unreadable } from "./file-reading.ts";
import { readCsvRows } from "./read-csv-rows.ts";
import { readNdjsonRows } from "./read-ndjson-rows.ts";

/** Larger files are read faster, and in bounded memory, by DuckDB. */
const MAX_FILE_BYTES = 256 * 2 ** 20;

/**
 * Reads the rows of one small file whole, as DuckDB would read them, and declines where it is not sure to. Blocks its
 * thread while it reads. It does not throw for anything that may be the matter with a file.
 */
export async function readFileRows(path: string, plan: FilePlan): Promise<FileReading> {
  if (plan.mustDecline !== null) return declined(plan.mustDecline);
  let bytes: Buffer | null;
  try {
    bytes = readBytes(path);
  } catch (error) {
    return unreadable((error as Error).message, null);
  }
  if (bytes === null) return declined(`it is larger than ${MAX_FILE_BYTES} bytes`);
  const content = { bytes, facts: { sha256: hash("sha256", bytes, "hex"), bytes: bytes.length } };
  if (plan.format === "csv") return readCsvRows(path, content, plan);
  if (plan.format === "ndjson") return readNdjsonRows(path, content, plan);
  // Most runs have no Parquet files for workers, and none should wait for a library that it does not need.
  const { readParquetRows } = await import("./read-parquet-rows.ts");
  return readParquetRows(content, plan.columns);
}

/** Null for a file that is too large. */
function readBytes(path: string): Buffer | null {
  const file = openSync(path, "r");
  try {
    return fstatSync(file).size > MAX_FILE_BYTES ? null : readFileSync(file);
  } finally {
    closeSync(file);
  }
}
