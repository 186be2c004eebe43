import { ManyfitError } from "../errors.ts";
import { BLOCK_ROWS, type Block, type Estimator } from "../estimator/estimator.ts";
import type { PartitionResult, PartitionRows } from "./trainer.ts";
import { type NumberRows, usedRows } from "./used-rows.ts";

/** How a trainer's columns divide, and how many rows it needs. */
export interface TrainerShape {
  readonly featureCount: number;
  readonly isWeighted: boolean;
  readonly minRows: number;
}

/**
 * One fit: drops the rows that cannot be used, skips where too few are left, else fits. Never throws: an exception
 * of the estimator is this partition's failure.
 */
export function fitPartition(
  rows: PartitionRows,
  shape: TrainerShape,
  estimator: Estimator,
): PartitionResult {
  const used = usedRows(numberRows(rows));
  const rowsRead = rows.rowCount;
  const rowsUsed = used.rowCount;
  const rowsDropped = rowsRead - rowsUsed;
  const rowsHeldOut = 0;
  if (rowsUsed === 0)
    return { state: "skipped", reason: "no_rows", rowsRead, rowsUsed, rowsDropped, rowsHeldOut };
  if (rowsUsed < shape.minRows) {
    return { state: "skipped", reason: "too_few_rows", rowsRead, rowsUsed, rowsDropped, rowsHeldOut };
  }
  try {
    const fit = estimator.fit(blocksOf(used, shape));
    if (!("failure" in fit)) return { state: "fitted", fit, rowsRead, rowsUsed, rowsDropped, rowsHeldOut };
    const { code, message } = fit.failure;
    return { state: "failed", code, message, stack: null, rowsRead, rowsUsed, rowsDropped, rowsHeldOut };
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    const stack = thrown instanceof Error ? (thrown.stack ?? null) : null;
    return {
      state: "failed",
      code: "estimator_threw",
      message,
      stack,
      rowsRead,
      rowsUsed,
      rowsDropped,
      rowsHeldOut,
    };
  }
}

function numberRows({ rowCount, columns }: PartitionRows): NumberRows {
  return {
    rowCount,
    columns: columns.map((column, i) => {
      if (column.kind === "numbers") return column.values;
      throw new ManyfitError("internal", `column ${i} holds texts, estimators read numbers`);
    }),
  };
}

/** The rows as blocks: views, no copies. */
function blocksOf(rows: NumberRows, shape: TrainerShape): Block[] {
  const blocks: Block[] = [];
  for (let from = 0; from < rows.rowCount; from += BLOCK_ROWS) {
    const to = Math.min(rows.rowCount, from + BLOCK_ROWS);
    const columns =
      to - from === rows.rowCount ? rows.columns : rows.columns.map((column) => column.subarray(from, to));
    blocks.push({
      rowCount: to - from,
      features: columns.slice(0, shape.featureCount),
      target: columns[shape.featureCount]!,
      weights: shape.isWeighted ? columns[shape.featureCount + 1]! : null,
    });
  }
  return blocks;
}
