import { ManyfitError } from "../errors.ts";
import { type StoredPartition, storedBlocks } from "../protocol/stored-rows.ts";
import type { BlockedRows, PartitionResult, Trainer } from "../trainer/trainer.ts";

/**
 * Fits a partition whose rows lie in a file of this process, reading them as often as the trainer asks. Blocks its
 * thread while it reads.
 * @throws ManyfitError `internal` for a trainer that needs all rows at once.
 */
export function fitStored(trainer: Trainer, stored: StoredPartition): PartitionResult {
  if (trainer.fitBlocked === undefined)
    throw new ManyfitError(
      "internal",
      `partition ${stored.partition}: its trainer cannot fit block by block`,
    );
  return trainer.fitBlocked(blockedRows(stored));
}

function blockedRows({ descriptor, rowsRead, used, heldOut, firstUnusable }: StoredPartition): BlockedRows {
  return {
    rowsRead,
    rowsUsed: used.rowCount,
    rowsHeldOut: heldOut.rowCount,
    used: storedBlocks(descriptor, used),
    heldOut: storedBlocks(descriptor, heldOut),
    firstUnusable,
  };
}
