import { ManyfitError } from "../errors.ts";
import { BLOCK_ROWS, type Block, type Estimator } from "../estimator/estimator.ts";
import type { TrainerColumns } from "../job/resolved-job.ts";
import type { Rows } from "../table/column.ts";
import { fitBlocks } from "./fit-blocks.ts";
import { type RowContext, selectRows } from "./select-rows.ts";
import type { BlockColumns, PartitionResult, PartitionRows } from "./trainer.ts";
import { unfittedResult } from "./unfitted-result.ts";

/** An estimator with the columns that it reads, and what the run says of rows. */
export interface EstimatorFitting extends RowContext {
  readonly estimator: Estimator;
  readonly columns: TrainerColumns;
  /** Names of the columns of rows, in their order. */
  readonly columnNames: readonly string[];
}

/**
 * One fit of an estimator: divides the rows by the row policy, skips where too few are left, else fits, and scores where
 * rows are held out. Never throws: an exception of the estimator is this partition's failure.
 */
export function fitPartition(
  rows: PartitionRows,
  keyBytes: Uint8Array | null,
  { estimator, columns, columnNames, rowPolicy, seed }: EstimatorFitting,
): PartitionResult {
  const { minRows } = estimator;
  const selected = selectRows(rows, { rowPolicy, seed, columnNames, minRows, keyBytes });
  if (selected.state !== "selected") return unfittedResult(selected);
  const { counts } = selected;
  const heldOut = selected.heldOut === null ? [] : blocksOf(selected.heldOut, columns);
  return fitBlocks(estimator, {
    used: blocksOf(selected.used, columns),
    heldOut: rowPolicy.holdout === null ? null : heldOut,
    counts,
  });
}

/** The rows as blocks: views, no copies. */
function blocksOf(rows: Rows, trainerColumns: TrainerColumns): Block[] {
  const columns = rows.columns.map(numbersOf);
  const blocks: Block[] = [];
  for (let from = 0; from < rows.rowCount; from += BLOCK_ROWS) {
    const to = Math.min(rows.rowCount, from + BLOCK_ROWS);
    const views = to - from === rows.rowCount ? columns : columns.map((column) => column.subarray(from, to));
    blocks.push(blockOf({ rowCount: to - from, columns: views }, trainerColumns));
  }
  return blocks;
}

/** Some rows, with the parts that their columns play: features, target, and weights where rows are weighted. */
export function blockOf(
  { rowCount, columns }: BlockColumns,
  { features, weights }: Pick<TrainerColumns, "features" | "weights">,
): Block {
  return {
    rowCount,
    features: columns.slice(0, features.length),
    target: columns[features.length]!,
    weights: weights === null ? null : columns[features.length + 1]!,
  };
}

function numbersOf(column: Rows["columns"][number], index: number): Float64Array {
  if (column.kind === "numbers") return column.values;
  throw new ManyfitError("internal", `column ${index} holds texts, estimators read numbers`);
}
