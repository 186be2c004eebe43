import { ManyfitError } from "../errors.ts";
import {
  type StoredBlock,
  type StoredPartition,
  type StoredRows,
  storedBlocks,
} from "../protocol/stored-rows.ts";
import type { BlockedRows, PartitionResult, Trainer } from "../trainer/trainer.ts";

/**
 * Fits a partition whose rows lie in a file of this process, reading them as often as the trainer asks. Blocks its
 * thread while it reads.
 * @throws ManyfitError `internal` for a trainer that needs all rows at once, and for rows that end too early; what the
 * system throws where they cannot be read. Neither is a failure of the partition, though the trainer takes it for one.
 */
export function fitStored(trainer: Trainer, stored: StoredPartition): PartitionResult {
  if (trainer.fitBlocked === undefined)
    throw new ManyfitError(
      "internal",
      `partition ${stored.partition}: its trainer cannot fit block by block`,
    );
  const failures: unknown[] = [];
  const result = trainer.fitBlocked(blockedRows(stored, (thrown) => failures.push(thrown)));
  if (failures.length > 0) throw failures[0];
  return result;
}

function blockedRows(
  { descriptor, rowsRead, used, heldOut, firstUnusable }: StoredPartition,
  onUnreadable: (thrown: unknown) => void,
): BlockedRows {
  const blocks = (rows: StoredRows): Iterable<StoredBlock> => ({
    *[Symbol.iterator]() {
      try {
        yield* storedBlocks(descriptor, rows);
      } catch (thrown) {
        onUnreadable(thrown);
        throw thrown;
      }
    },
  });
  return {
    rowsRead,
    rowsUsed: used.rowCount,
    rowsHeldOut: heldOut.rowCount,
    used: blocks(used),
    heldOut: blocks(heldOut),
    firstUnusable,
  };
}
