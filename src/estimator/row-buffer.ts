import { ManyfitError } from "../errors.ts";
import { dotProduct, sumOf } from "./dot-product.ts";
import { BLOCK_ROWS, type Block } from "./estimator.ts";

/**
 * One block on its way through the arithmetic: the rows that count (weight above zero), column after column.
 * Made once per estimator and overwritten by every block; nothing in it outlives a fit.
 */
export interface RowBuffer {
  /** Features and the target. */
  readonly columnCount: number;
  readonly isWeighted: boolean;
  /**
   * Column `j` stands at `j * rowCount` and is `rowCount` long: features in order, then the target. Behind the room
   * for full columns follow the weights and one column of scratch.
   */
  readonly values: Float64Array;
  /** Where in `values` the weights of the counted rows begin, if rows are weighted. */
  readonly weightsStart: number;
  /** Where in `values` the scratch column begins. */
  readonly scratchStart: number;
  /** Where each counted row stands in its block, if rows are weighted. */
  readonly positions: Int32Array;
  /** Rows that count. */
  rowCount: number;
  /** Sum of their weights; without weights their number. */
  weightSum: number;
  /** Whether these are all rows of the partition that count, centred by its means: then no walk needs to load them. */
  holdsPartition: boolean;
}

/** A buffer for blocks of `columnCount` columns (the target included). */
export function createRowBuffer(columnCount: number, isWeighted: boolean): RowBuffer {
  return {
    columnCount,
    isWeighted,
    values: new Float64Array((columnCount + 2) * BLOCK_ROWS),
    weightsStart: columnCount * BLOCK_ROWS,
    scratchStart: (columnCount + 1) * BLOCK_ROWS,
    positions: new Int32Array(isWeighted ? BLOCK_ROWS : 0),
    rowCount: 0,
    weightSum: 0,
    holdsPartition: false,
  };
}

function checkBlock(buffer: RowBuffer, block: Block): void {
  const featureCount = buffer.columnCount - 1;
  if (block.features.length !== featureCount) {
    throw new ManyfitError(
      "internal",
      `block has ${block.features.length} features, expected ${featureCount}`,
    );
  }
  if (block.rowCount > BLOCK_ROWS) {
    throw new ManyfitError("internal", `block has ${block.rowCount} rows, at most ${BLOCK_ROWS} are allowed`);
  }
  if ((block.weights !== null) !== buffer.isWeighted) {
    const [found, expected] = buffer.isWeighted ? ["no weights", "one per row"] : ["weights", "none"];
    throw new ManyfitError("internal", `block has ${found}, expected ${expected}`);
  }
}

/**
 * Begins a block: finds the rows that count and sums their weights. The answer is the first negative weight, or
 * null when there is none. Throws when the block is not of the shape the buffer was made for.
 */
export function selectRows(buffer: RowBuffer, block: Block): number | null {
  checkBlock(buffer, block);
  buffer.holdsPartition = false;
  const { values, positions, weightsStart } = buffer;
  if (block.weights === null) {
    buffer.rowCount = block.rowCount;
    buffer.weightSum = block.rowCount;
    return null;
  }
  let count = 0;
  for (let i = 0; i < block.rowCount; i++) {
    const weight = block.weights[i]!;
    if (weight < 0) return weight;
    if (weight === 0) continue;
    values[weightsStart + count] = weight;
    positions[count] = i;
    count++;
  }
  buffer.rowCount = count;
  buffer.weightSum = sumOf(values, weightsStart, count);
  return null;
}

/** Copies the selected rows of every column into the buffer, less the column's origin. */
export function loadColumns(buffer: RowBuffer, block: Block, origin: Float64Array): void {
  const { columnCount, rowCount, isWeighted, values, positions } = buffer;
  for (let j = 0; j < columnCount; j++) {
    const source = j < columnCount - 1 ? block.features[j]! : block.target;
    const start = origin[j]!;
    const base = j * rowCount;
    if (isWeighted) {
      for (let i = 0; i < rowCount; i++) values[base + i] = source[positions[i]!]! - start;
    } else {
      for (let i = 0; i < rowCount; i++) values[base + i] = source[i]! - start;
    }
  }
}

/** Takes a number per column off all values of the column. */
export function subtractFromColumns(buffer: RowBuffer, amounts: Float64Array): void {
  const { columnCount, rowCount, values } = buffer;
  for (let j = 0; j < columnCount; j++) {
    const amount = amounts[j]!;
    const end = (j + 1) * rowCount;
    for (let i = j * rowCount; i < end; i++) values[i] = values[i]! - amount;
  }
}

/** The (weighted) mean of each column as it stands in the buffer. */
export function columnMeans(buffer: RowBuffer, means: Float64Array): void {
  const { columnCount, rowCount, weightSum, isWeighted, values, weightsStart } = buffer;
  for (let j = 0; j < columnCount; j++) {
    const base = j * rowCount;
    const sum = isWeighted ? dotProduct(values, base, weightsStart, rowCount) : sumOf(values, base, rowCount);
    means[j] = sum / weightSum;
  }
}

/** The (weighted) sums of products of every two columns: entry `(j, k)`, j <= k, at `j * columnCount + k`. */
export function crossProducts(buffer: RowBuffer, products: Float64Array): void {
  const { columnCount, rowCount, isWeighted, values, weightsStart, scratchStart } = buffer;
  for (let j = 0; j < columnCount; j++) {
    let left = j * rowCount;
    if (isWeighted) {
      for (let i = 0; i < rowCount; i++) {
        values[scratchStart + i] = values[weightsStart + i]! * values[left + i]!;
      }
      left = scratchStart;
    }
    for (let k = j; k < columnCount; k++) {
      products[j * columnCount + k] = dotProduct(values, left, k * rowCount, rowCount);
    }
  }
}
