import { stat } from "node:fs/promises";
import type { Connection } from "../../duckdb/duckdb.ts";
import { errorFrom } from "../../errors.ts";
import type { ResolvedJob, SourceFile } from "../../job/resolved-job.ts";
import { type Bucket, bucketArrays, bucketBytes } from "../../protocol/bucket.ts";
import { checkContent } from "../../source/check-content.ts";
import { createFileRelation } from "../../source/file-relation.ts";
import { type FileHash, hashSourceFile } from "../../source/hash-source-file.ts";
import { checkUnchanged } from "../../source/list-files.ts";
import { streamSortedRows } from "../../source/stream-rows.ts";
import type { ColumnValues } from "../../table/column.ts";
import type { ReadColumn } from "../../table/read-column.ts";
import type { PartitionRows } from "../../trainer/trainer.ts";
import { sortedPartitions } from "./sorted-partitions.ts";

/** All rows of a file, or why there are none. */
export type FileOutcome =
  | { readonly rows: PartitionRows; readonly file: FileHash }
  | { readonly failure: { readonly code: string; readonly message: string }; readonly file: FileHash | null };

/** What files are read with. */
export interface FileReader {
  readonly job: ResolvedJob;
  readonly connection: Connection;
}

/**
 * Reads a file through DuckDB, in order. What is wrong with it is a value; what is wrong with manyfit, and an
 * interrupt, is thrown.
 */
export async function readFile(
  file: SourceFile,
  reader: FileReader,
  signal: AbortSignal,
): Promise<FileOutcome> {
  let hash: FileHash | null = null;
  try {
    const identified = await identifyFile(file, reader.job, signal);
    hash = identified.hash;
    const rows = await rowsOf(file, reader);
    identified.checkUnchanged();
    return { rows, file: hash };
  } catch (thrown) {
    const error = errorFrom(thrown);
    if (signal.aborted || error.code === "internal") throw thrown;
    const message = error.message.replace(`${file.path}, `, "").replace(`${file.path}: `, "");
    return { failure: { code: error.code, message }, file: error.code === "source_changed" ? null : hash };
  }
}

/** A file before it is read. */
export interface IdentifiedFile {
  readonly hash: FileHash;
  /**
   * To be called when it was read.
   * @throws ManyfitError `source_changed` where it is not what was hashed.
   */
  checkUnchanged(): void;
}

/**
 * Finds out what a file is: its hash, and that all of it is there.
 * @throws ManyfitError `source_unreadable`
 */
export async function identifyFile(
  { path }: SourceFile,
  { format }: ResolvedJob,
  signal: AbortSignal,
): Promise<IdentifiedFile> {
  const before = await stat(path).catch(() => null);
  if (before !== null && format !== "parquet") checkContent(path, format);
  const hash = await hashSourceFile(path, signal);
  return {
    hash,
    checkUnchanged: () => {
      if (before !== null) checkUnchanged([{ path, bytes: hash.bytes, modifiedAtMs: before.mtimeMs }]);
    },
  };
}

async function rowsOf(file: SourceFile, { job, connection }: FileReader): Promise<PartitionRows> {
  const relation = await createFileRelation(job, [file], connection);
  const partitions = sortedPartitions(streamSortedRows(relation, connection));
  const { value } = await partitions.next();
  await partitions.return(undefined);
  return value?.rows ?? noRows(job.readColumns);
}

/** The rows of a file that has none. */
export function noRows(columns: readonly ReadColumn[]): PartitionRows {
  return { rowCount: 0, columns: columns.map(emptyColumn) };
}

function emptyColumn({ type }: ReadColumn): ColumnValues {
  if (type !== "text") return { kind: "numbers", values: new Float64Array(0), isValid: null };
  return { kind: "texts", bytes: new Uint8Array(0), ends: new Uint32Array(0), start: 0, isValid: null };
}

/** The rows of one partition as a bucket of its own. */
export function bucketOfRows(rows: PartitionRows, partition: number, columns: readonly ReadColumn[]): Bucket {
  const { rowCount } = rows;
  const shape = {
    rowCount,
    columns,
    textBytes: rows.columns.map((column) => (column.kind === "texts" ? column.bytes.length : 0)),
    firstPartition: partition,
    partitionRows: Float64Array.of(rowCount),
  };
  const bucket: Bucket = { ...shape, memory: new SharedArrayBuffer(bucketBytes(shape)) };
  const target = bucketArrays(bucket);
  target.partition.fill(partition);
  for (let row = 0; row < rowCount; row++) target.position[row] = row;
  for (const [i, column] of rows.columns.entries()) copyColumn(column, target.columns[i]!);
  return bucket;
}

function copyColumn(from: ColumnValues, to: ColumnValues): void {
  if (from.kind === "numbers" && to.kind === "numbers") to.values.set(from.values);
  if (from.kind === "texts" && to.kind === "texts") {
    to.bytes.set(from.bytes);
    to.ends.set(from.ends);
  }
  if (to.isValid === null) return;
  if (from.isValid === null) to.isValid.fill(1);
  else to.isValid.set(from.isValid);
}
