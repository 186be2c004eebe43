import { ManyfitError } from "../../errors.ts";
import type { Inventory } from "../../job/inventory.ts";
import { keyAt } from "../../key/key-list.ts";
import { partitionSeed } from "../../key/partition-seed.ts";
import type { StoredPartition } from "../../protocol/stored-rows.ts";
import type { RowBatch } from "../../source/stream-rows.ts";
import { type HeldOutRows, heldOutRows } from "../../trainer/held-out-rows.ts";
import { BlockWriter } from "./block-writer.ts";
import type { SpillFile } from "./spill-file.ts";

/** How many rows a partition has. */
export interface RowCounts {
  readonly rows: number;
  /** Those that have a finite value in every column. */
  readonly usableRows: number;
}

/**
 * Writes partitions whose rows come sorted by partition and position to a file, divided by the row policy, for
 * estimators to walk. A partition is given as soon as all of it can be read.
 * @throws ManyfitError `source_changed` for another number of rows, or of usable rows, than was counted.
 */
export async function* storePartitions(
  batches: AsyncIterable<RowBatch>,
  inventory: Inventory,
  file: SpillFile,
): AsyncGenerator<StoredPartition, void, undefined> {
  let writer: PartitionWriter | null = null;
  for await (const batch of batches) {
    const columns = numbersOf(batch);
    for (let from = 0; from < batch.rowCount; ) {
      const partition = batch.partition[from]!;
      if (writer !== null && writer.partition !== partition) {
        yield await finish(writer, file);
        writer = null;
      }
      writer ??= new PartitionWriter(partition, countsOf(inventory, partition), inventory, file);
      let to = from + 1;
      while (to < batch.rowCount && batch.partition[to] === partition) to++;
      writer.add(columns, from, to);
      from = to;
    }
    if (file.isFull) await file.untilRoom();
  }
  if (writer !== null) yield await finish(writer, file);
}

async function finish(writer: PartitionWriter, file: SpillFile): Promise<StoredPartition> {
  const stored = writer.finish();
  await file.flush();
  return stored;
}

/** What was counted of a partition. */
export function countsOf({ rows, usableRows }: Inventory, partition: number): RowCounts {
  return { rows: rows[partition]!, usableRows: usableRows[partition]! };
}

/** The columns of a batch of numbers. */
export function numbersOf({ columns }: RowBatch): Float64Array[] {
  return columns.map((column, i) => {
    if (column.kind === "numbers") return column.values;
    throw new ManyfitError("internal", `column ${i} holds texts, estimators read numbers`);
  });
}

/** One partition on its way to the file, in order of position. */
export class PartitionWriter {
  readonly partition: number;
  readonly #counted: RowCounts;
  readonly #file: SpillFile;
  readonly #held: HeldOutRows;
  readonly #used: BlockWriter;
  readonly #heldOut: BlockWriter;
  #rowsRead = 0;
  #usable = 0;
  #firstUnusable: StoredPartition["firstUnusable"] = null;

  constructor(
    partition: number,
    counted: RowCounts,
    { job, keys }: Pick<Inventory, "job" | "keys">,
    file: SpillFile,
  ) {
    const { holdout } = job.rowPolicy;
    this.partition = partition;
    this.#counted = counted;
    this.#file = file;
    const seed = holdout === null ? 0 : partitionSeed(job.seed, keyAt(keys, partition));
    this.#held = heldOutRows(counted.usableRows, holdout, seed);
    this.#used = new BlockWriter(file, job.readColumns.length);
    this.#heldOut = new BlockWriter(file, job.readColumns.length);
  }

  /** Adds the rows `from .. to` (exclusive). */
  add(columns: readonly Float64Array[], from: number, to: number): void {
    if (this.#held.count === 0 && areFinite(columns, from, to)) this.#used.addAll(columns, from, to);
    else for (let row = from; row < to; row++) this.#addRow(columns, row, this.#rowsRead + row - from);
    this.#rowsRead += to - from;
  }

  #addRow(columns: readonly Float64Array[], row: number, place: number): void {
    let spoilt = 0;
    for (const values of columns) spoilt += values[row]! - values[row]!;
    if (spoilt !== 0) {
      const column = columns.findIndex((values) => !Number.isFinite(values[row]));
      this.#firstUnusable ??= { row: place, column };
      return;
    }
    const writer = this.#held.has(this.#usable++) ? this.#heldOut : this.#used;
    writer.add(columns, row);
  }

  /**
   * Ends the partition, which can be read once the file is flushed.
   * @throws ManyfitError `source_changed` for another number of rows, or of usable rows, than was counted.
   */
  finish(): StoredPartition {
    const { rows, usableRows } = this.#counted;
    const { partition } = this;
    const used = this.#used.finish();
    const heldOut = this.#heldOut.finish();
    const found = [this.#rowsRead, used.rowCount + heldOut.rowCount];
    const counted = [rows, usableRows];
    if (found[0] !== counted[0] || found[1] !== counted[1]) {
      throw new ManyfitError(
        "source_changed",
        `partition ${partition}: ${counted.join(" rows, of which usable ")} were counted and ${found.join(" rows, of which usable ")} were read; run again when nothing writes to the source`,
      );
    }
    const { descriptor } = this.#file;
    return {
      partition,
      descriptor,
      rowsRead: this.#rowsRead,
      used,
      heldOut,
      firstUnusable: this.#firstUnusable,
    };
  }
}

/** Whether all values of the rows `from .. to` (exclusive) are finite. */
function areFinite(columns: readonly Float64Array[], from: number, to: number): boolean {
  // The sum of x − x is 0 over finite values and NaN as soon as one is not.
  let spoilt = 0;
  for (const values of columns) for (let row = from; row < to; row++) spoilt += values[row]! - values[row]!;
  return spoilt === 0;
}
