import { ManyfitError } from "../../errors.ts";
import { createFileRelation } from "../../source/file-relation.ts";
import type { Relation } from "../../source/relation.ts";
import { type RowBatch, streamSortedRows } from "../../source/stream-rows.ts";
import type { ColumnValues } from "../../table/column.ts";
import type { ReadColumn } from "../../table/read-column.ts";
import type { PartitionRows } from "../../trainer/trainer.ts";
import { sizeOfRows } from "./exchange-plan.ts";
import { textBytesOf } from "./gather-within.ts";
import {
  type FileOutcome,
  type FileReader,
  type IdentifiedFile,
  identifyFile,
  noRows,
  readFile,
} from "./read-file.ts";
import { sortedPartitions } from "./sorted-partitions.ts";

/**
 * Reads files through DuckDB, each as {@link readFile} does, and gives an outcome for every one, in their order. Small
 * files of text cost less time in one query than in one each; where that fails, because something is wrong with one of
 * them, each half of them is tried by itself.
 */
export async function readFiles(
  partitions: readonly number[],
  reader: FileReader,
  signal: AbortSignal,
): Promise<FileOutcome[]> {
  const outcomes: FileOutcome[] = [];
  try {
    await readInto(outcomes, partitions, reader, signal);
    return outcomes;
  } catch (error) {
    // Nobody else knows of the rows that lie on disk by now.
    for (const outcome of outcomes) if ("spill" in outcome) await outcome.spill.close();
    throw error;
  }
}

async function readInto(
  outcomes: FileOutcome[],
  partitions: readonly number[],
  reader: FileReader,
  signal: AbortSignal,
): Promise<void> {
  if (partitions.length < 2 || !canBeTogether(reader)) {
    for (const partition of partitions) outcomes.push(await readFile(partition, reader, signal));
    return;
  }
  const together = await readTogether(partitions, reader, signal).catch((error: unknown) => {
    if (signal.aborted) throw error;
    return null;
  });
  if (together !== null) {
    outcomes.push(...together);
    return;
  }
  const half = Math.ceil(partitions.length / 2);
  await readInto(outcomes, partitions.slice(0, half), reader, signal);
  await readInto(outcomes, partitions.slice(half), reader, signal);
}

/** Types of Parquet files may differ, and an order is one of all rows of a query. */
function canBeTogether({ inventory: { job } }: FileReader): boolean {
  return job.format !== "parquet" && job.orderBy.length === 0;
}

/**
 * @throws whatever is the matter with one of them; ManyfitError `memory_exceeded` where their rows are more than one
 * file's may be.
 */
async function readTogether(
  partitions: readonly number[],
  { inventory: { job }, connection, partitionBytes }: FileReader,
  signal: AbortSignal,
): Promise<FileOutcome[]> {
  const files = partitions.map((partition) => job.files[partition]!);
  const identified: IdentifiedFile[] = [];
  for (const file of files) identified.push(await identifyFile(file, job, signal));
  const relation = await createFileRelation(job, files, connection);
  const rows = files.map(() => noRows(job.readColumns));
  const batches = numberedByFile(
    within(streamSortedRows(relation, connection), job.readColumns, partitionBytes),
    relation,
  );
  for await (const found of sortedPartitions(batches)) rows[found.partition] = copiedRows(found.rows);
  return identified.map(({ hash, checkUnchanged }, i) => {
    checkUnchanged();
    return { rows: rows[i]!, file: hash };
  });
}

/** The batches, as long as all of them together are small enough. */
async function* within(
  batches: AsyncIterable<RowBatch>,
  columns: readonly ReadColumn[],
  mostBytes: number,
): AsyncGenerator<RowBatch, void, undefined> {
  let rows = 0;
  let textBytes = 0;
  for await (const batch of batches) {
    rows += batch.rowCount;
    textBytes += textBytesOf(batch.columns);
    if (sizeOfRows(rows, textBytes, columns).bytes > mostBytes)
      throw new ManyfitError("memory_exceeded", `files have more than ${mostBytes} bytes of rows together`);
    yield batch;
  }
}

/** Rows in the order of files, with the number of their file as their partition. */
async function* numberedByFile(
  batches: AsyncIterable<RowBatch>,
  { fileRows }: Relation,
): AsyncGenerator<RowBatch, void, undefined> {
  let file = 0;
  let left = fileRows![0]!;
  for await (const batch of batches) {
    const partition = new Int32Array(batch.rowCount);
    for (let row = 0; row < batch.rowCount; row++) {
      while (left === 0) left = fileRows![++file]!;
      partition[row] = file;
      left--;
    }
    yield { ...batch, partition };
  }
}

function copiedRows({ rowCount, columns }: PartitionRows): PartitionRows {
  return { rowCount, columns: columns.map(copiedColumn) };
}

function copiedColumn(column: ColumnValues): ColumnValues {
  const isValid = column.isValid?.slice() ?? null;
  return column.kind === "texts"
    ? { ...column, bytes: column.bytes.slice(), ends: column.ends.slice(), isValid }
    : { kind: "numbers", values: column.values.slice(), isValid };
}
