import type { Blocks } from "../estimator/estimator.ts";
import type { TrainerColumns } from "../job/resolved-job.ts";
import { fitBlocks } from "./fit-blocks.ts";
import { blockOf, type EstimatorFitting } from "./fit-partition.ts";
import { nullsFoundFailure, skipReason } from "./select-rows.ts";
import type { BlockColumns, BlockedRows, PartitionResult } from "./trainer.ts";

/**
 * One fit of an estimator over rows that were divided by the row policy when they were written down: the result of
 * `fitPartition` for the same rows, to the bit. Never throws.
 */
export function fitBlocked(rows: BlockedRows, fitting: EstimatorFitting): PartitionResult {
  const { estimator, columns, columnNames, rowPolicy } = fitting;
  const { rowsRead, rowsUsed, rowsHeldOut, firstUnusable } = rows;
  const usableRows = rowsUsed + rowsHeldOut;
  const rowsDropped = rowsRead - usableRows;
  if (firstUnusable !== null && rowPolicy.nulls === "fail") {
    const { row, column } = firstUnusable;
    const refused = { count: rowsDropped, rowCount: rowsRead, row, column: columnNames[column]! };
    const counts = { rowsRead, rowsUsed: usableRows, rowsDropped, rowsHeldOut: 0 };
    return { state: "failed", ...nullsFoundFailure(refused), ...counts };
  }
  const counts = { rowsRead, rowsUsed, rowsDropped, rowsHeldOut };
  const reason = skipReason(usableRows, Math.max(estimator.minRows, rowPolicy.minRows), rowPolicy.holdout);
  if (reason !== null) return { state: "skipped", reason, ...counts };
  const heldOut = rowPolicy.holdout === null ? null : blocksOf(rows.heldOut, columns);
  return fitBlocks(estimator, { used: blocksOf(rows.used, columns), heldOut, counts });
}

function blocksOf(blocks: Iterable<BlockColumns>, columns: TrainerColumns): Blocks {
  return {
    *[Symbol.iterator]() {
      for (const block of blocks) yield blockOf(block, columns);
    },
  };
}
