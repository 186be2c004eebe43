import type { Inventory } from "../../job/inventory.ts";
import { type KeyList, keyAt } from "../../key/key-list.ts";
import type { ResultBatch } from "../../run/result-batch.ts";
import type { RunEvent } from "../../run/run-event.ts";
import type { BatchColumn, RowBatch } from "../../source/stream-rows.ts";
import type { Prepared } from "./prepare.ts";

/** What was prepared, of some partitions, ascending, which are numbered anew from 0: all but the SQL that reads rows. */
export function onlyPrepared(prepared: Prepared, only: Int32Array): Prepared {
  const inventory = onlyInventory(prepared.inventory, only);
  if (prepared.kind === "files") return { ...prepared, inventory };
  const { dictionary } = prepared;
  const { keys, rows, usableRows } = inventory;
  const textBytes = dictionary.textBytes.map((bytes) => bytes && picked(bytes, only));
  return { ...prepared, inventory, dictionary: { ...dictionary, keys, rows, usableRows, textBytes } };
}

/** Partitions of a sample by their numbers among all. */
export function numbersAmongAll(numbers: readonly number[], only: Int32Array | null): readonly number[] {
  return only === null ? numbers : numbers.map((number) => only[number]!);
}

function onlyInventory(inventory: Inventory, only: Int32Array): Inventory {
  const { job, keys, rows, usableRows, rowCount } = inventory;
  const isFile = job.partitioning.kind === "file";
  const counts = picked(rows, only);
  return {
    job: isFile ? { ...job, files: Array.from(only, (partition) => job.files[partition]!) } : job,
    partitionCount: only.length,
    keys: onlyKeys(keys, only),
    rows: counts,
    usableRows: picked(usableRows, only),
    rowCount: rowCount === null ? null : counts.reduce((sum, n) => sum + n, 0),
    fileRows: null,
  };
}

function picked(values: Float64Array, only: Int32Array): Float64Array {
  return Float64Array.from(only, (partition) => values[partition]!);
}

function onlyKeys(keys: KeyList, only: Int32Array): KeyList {
  const offsets = new Float64Array(only.length + 1);
  for (const [i, partition] of only.entries()) offsets[i + 1] = offsets[i]! + keyAt(keys, partition).length;
  const bytes = new Uint8Array(offsets[only.length]!);
  for (const [i, partition] of only.entries()) bytes.set(keyAt(keys, partition), offsets[i]!);
  return { bytes, offsets };
}

/** The rows of some partitions, ascending, by their new numbers: all others pass by. Null: all rows as they are. */
export function onlyRows(
  batches: AsyncGenerator<RowBatch, void, undefined>,
  only: Int32Array | null,
): AsyncGenerator<RowBatch, void, undefined> {
  return only === null ? batches : filterRows(batches, only);
}

async function* filterRows(
  batches: AsyncIterable<RowBatch>,
  only: Int32Array,
): AsyncGenerator<RowBatch, void, undefined> {
  const numberOf = new Int32Array((only.at(-1) ?? -1) + 1).fill(-1);
  for (const [number, partition] of only.entries()) numberOf[partition] = number;
  for await (const batch of batches) {
    const kept: number[] = [];
    for (let row = 0; row < batch.rowCount; row++)
      if ((numberOf[batch.partition[row]!] ?? -1) >= 0) kept.push(row);
    if (kept.length > 0) yield keptRows(batch, kept, numberOf);
  }
}

function keptRows(batch: RowBatch, kept: readonly number[], numberOf: Int32Array): RowBatch {
  return {
    rowCount: kept.length,
    partition: Int32Array.from(kept, (row) => numberOf[batch.partition[row]!]!),
    position: Float64Array.from(kept, (row) => batch.position[row]!),
    columns: batch.columns.map((column) => onlyValues(column, kept)),
  };
}

function onlyValues(column: BatchColumn, kept: readonly number[]): BatchColumn {
  if (column.kind === "texts") return { kind: "texts", values: kept.map((row) => column.values[row]!) };
  const { values, isValid } = column;
  return {
    kind: "numbers",
    values: Float64Array.from(kept, (row) => values[row]!),
    isValid: isValid === null ? null : Uint8Array.from(kept, (row) => isValid[row]!),
  };
}

/** What happens to partitions that were numbered anew, by their numbers among all. */
export async function* byOldNumbers(
  items: AsyncIterable<RunEvent | ResultBatch>,
  only: Int32Array,
): AsyncGenerator<RunEvent | ResultBatch, void, undefined> {
  for await (const item of items) {
    if (item.type === "result.batch")
      yield { ...item, partition: item.partition.map((number) => only[number]!) };
    else if ("partition" in item && item.partition !== null)
      yield { ...item, partition: only[item.partition]! };
    else yield item;
  }
}
