import type { Inventory } from "../../job/inventory.ts";
import { sizeOf } from "./exchange-plan.ts";
import type { FoundPartition } from "./fit-in-place.ts";
import type { PartitionSink } from "./sorted-partitions.ts";
import type { SpillFile } from "./spill-file.ts";
import { countsOf, numbersOf, PartitionWriter } from "./store-partitions.ts";
import { tooLargeFailure } from "./too-large-batch.ts";

/** What becomes of partitions that are too large to be in memory. */
export interface ApartOptions {
  readonly inventory: Inventory;
  /** Bytes of the texts of each partition, for each column; null for columns of numbers. */
  readonly textBytes: readonly (Float64Array | null)[];
  /** What the rows of one partition may take. */
  readonly partitionBytes: number;
  /** Where their rows go; null where the trainer needs all at once, and they fail. */
  readonly file: SpillFile | null;
}

/** Who takes the rows of these partitions, by number; null for all others. */
export function apartRows(
  apart: readonly number[],
  options: ApartOptions,
): (partition: number) => PartitionSink<FoundPartition> | null {
  const { inventory, textBytes, partitionBytes, file } = options;
  const isApart = new Set(apart);
  const sizes = { rows: inventory.rows, textBytes };
  const { readColumns } = inventory.job;
  return (partition) => {
    if (!isApart.has(partition)) return null;
    return file === null
      ? {
          append: () => undefined,
          finish: () => ({
            partition,
            failure: tooLargeFailure(sizeOf(sizes, readColumns, partition), partitionBytes),
          }),
        }
      : storingSink(new PartitionWriter(partition, countsOf(inventory, partition), inventory, file), file);
  };
}

function storingSink(writer: PartitionWriter, file: SpillFile): PartitionSink<FoundPartition> {
  return {
    append: (batch, from, to) => {
      writer.add(numbersOf(batch), from, to);
      return file.isFull ? file.untilRoom() : undefined;
    },
    finish: async () => {
      const stored = writer.finish();
      await file.flush();
      return { partition: writer.partition, stored };
    },
  };
}
