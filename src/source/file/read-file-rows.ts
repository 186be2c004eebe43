import { hash } from "node:crypto";
import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import type { FileLimits, FilePlan } from "../../protocol/file-plan.ts";
import type { Rows } from "../../table/column.ts";
import { declined, type FileContent, type FileReading, unreadable } from "./file-reading.ts";
import { readCsvRows } from "./read-csv-rows.ts";
import { readNdjsonRows } from "./read-ndjson-rows.ts";

/**
 * Reads the rows of one small file whole, as DuckDB would read them, and declines where it is not sure to. Blocks its
 * thread while it reads. It does not throw for anything that may be the matter with a file. Where `content` is given, it is
 * what the file holds, and nothing is read.
 */
export async function readFileRows(
  path: string,
  plan: FilePlan,
  content: Uint8Array | null = null,
): Promise<FileReading> {
  if (plan.mustDecline !== null) return declined(plan.mustDecline);
  let bytes: Buffer | null;
  try {
    bytes = content === null ? readBytes(path, plan.limits) : limitedBytes(content, plan.limits);
  } catch (error) {
    return unreadable((error as Error).message, null);
  }
  if (bytes === null) return declined(`it is larger than ${plan.limits.contentBytes} bytes`);
  const facts = { sha256: hash("sha256", bytes, "hex"), bytes: bytes.length };
  const reading = await readContent(path, { bytes, facts }, plan);
  const isTooMuch = reading.kind === "rows" && rowsBytes(reading.rows, plan.limits) > plan.limits.rowsBytes;
  return isTooMuch ? declined("its rows are more than a worker may hold") : reading;
}

async function readContent(path: string, content: FileContent, plan: FilePlan): Promise<FileReading> {
  if (plan.format === "csv") return readCsvRows(path, content, plan);
  if (plan.format === "ndjson") return readNdjsonRows(path, content, plan);
  // Most runs have no Parquet files for workers, and none should wait for a library that it does not need.
  const { readParquetRows } = await import("./read-parquet-rows.ts");
  return readParquetRows(content, plan);
}

function rowsBytes({ rowCount, columns }: Rows, { rowBytes }: FileLimits): number {
  const texts = columns.reduce((sum, column) => sum + (column.kind === "texts" ? column.bytes.length : 0), 0);
  return rowCount * rowBytes + 2 * texts;
}

/** Null for a file that is too large. */
function limitedBytes(
  { buffer, byteOffset, length }: Uint8Array,
  { contentBytes }: FileLimits,
): Buffer | null {
  return length > contentBytes ? null : Buffer.from(buffer, byteOffset, length);
}

/** Null for a file that is too large. */
function readBytes(path: string, { contentBytes }: FileLimits): Buffer | null {
  const file = openSync(path, "r");
  try {
    return fstatSync(file).size > contentBytes ? null : readFileSync(file);
  } finally {
    closeSync(file);
  }
}
