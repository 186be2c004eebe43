import { stat } from "node:fs/promises";
import type { Connection } from "../../duckdb/duckdb.ts";
import { errorFrom } from "../../errors.ts";
import type { Inventory } from "../../job/inventory.ts";
import type { ResolvedJob, SourceFile } from "../../job/resolved-job.ts";
import { type Bucket, bucketArrays, bucketBytes } from "../../protocol/bucket.ts";
import type { StoredPartition } from "../../protocol/stored-rows.ts";
import { checkContent } from "../../source/check-content.ts";
import { createFileRelation } from "../../source/file-relation.ts";
import { type FileHash, hashSourceFile } from "../../source/hash-source-file.ts";
import { checkUnchanged } from "../../source/list-files.ts";
import { streamSortedRows } from "../../source/stream-rows.ts";
import type { ColumnValues } from "../../table/column.ts";
import type { ReadColumn } from "../../table/read-column.ts";
import type { PartitionRows } from "../../trainer/trainer.ts";
import { gatherWithin } from "./gather-within.ts";
import { SpillError, SpillFile } from "./spill-file.ts";
import { numbersOf, PartitionWriter } from "./store-partitions.ts";
import { tooLargeFailure } from "./too-large-batch.ts";

/** All rows of a file, in memory or on disk, or why there are none. */
export type FileOutcome =
  | { readonly rows: PartitionRows; readonly file: FileHash }
  | { readonly stored: StoredPartition; readonly spill: SpillFile; readonly file: FileHash }
  | { readonly failure: { readonly code: string; readonly message: string }; readonly file: FileHash | null };

/** What files are read with, of which each is a partition. */
export interface FileReader {
  readonly inventory: Pick<Inventory, "job" | "keys">;
  readonly connection: Connection;
  /** What the rows of one file may take, as `sizeOfRows` reckons. */
  readonly partitionBytes: number;
  /** Where the rows of larger files go; null where the trainer needs all at once, and they fail. */
  readonly spillFolder: string | null;
}

/**
 * Reads the file of a partition through DuckDB, in order: into memory, or into a file of blocks for estimators, which is
 * then the caller's to close. What is wrong with it is a value; what is wrong with manyfit or the disk for such blocks, and
 * an interrupt, is thrown.
 */
export async function readFile(
  partition: number,
  reader: FileReader,
  signal: AbortSignal,
): Promise<FileOutcome> {
  const file = reader.inventory.job.files[partition]!;
  let hash: FileHash | null = null;
  try {
    const identified = await identifyFile(file, reader.inventory.job, signal);
    hash = identified.hash;
    const found = await rowsOf(partition, reader);
    try {
      identified.checkUnchanged();
    } catch (error) {
      if ("spill" in found) await found.spill.close();
      throw error;
    }
    return { ...found, file: hash };
  } catch (thrown) {
    const error = errorFrom(thrown);
    if (signal.aborted || error.code === "internal" || error instanceof SpillError) throw thrown;
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

type FoundRows =
  | Pick<Extract<FileOutcome, { rows: unknown }>, "rows">
  | Pick<Extract<FileOutcome, { stored: unknown }>, "stored" | "spill">
  | Pick<Extract<FileOutcome, { failure: unknown }>, "failure">;

async function rowsOf(partition: number, reader: FileReader): Promise<FoundRows> {
  const { inventory, connection, partitionBytes, spillFolder } = reader;
  const { files, readColumns } = inventory.job;
  const relation = await createFileRelation(inventory.job, [files[partition]!], connection);
  const found = await gatherWithin(streamSortedRows(relation, connection), readColumns, partitionBytes);
  if ("rows" in found) return { rows: found.rows ?? noRows(readColumns) };
  const { counts, size } = found.tooMany;
  if (spillFolder === null) return { failure: tooLargeFailure(size, partitionBytes) };
  const spill = new SpillFile(spillFolder);
  try {
    const writer = new PartitionWriter(partition, counts, inventory, spill);
    for await (const batch of streamSortedRows(relation, connection)) {
      writer.add(numbersOf(batch), 0, batch.rowCount);
      if (spill.isFull) await spill.untilRoom();
    }
    const stored = writer.finish();
    await spill.flush();
    return { stored, spill };
  } catch (error) {
    await spill.close();
    throw error;
  }
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
