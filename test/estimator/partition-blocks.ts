import { BLOCK_ROWS, type Block } from "../../src/estimator/estimator.ts";

/** Columns of one partition. */
export interface PartitionColumns {
  readonly features: readonly (readonly number[] | Float64Array)[];
  readonly target: readonly number[] | Float64Array;
  readonly weights?: readonly number[] | Float64Array | null;
}

/** The blocks of a partition, of 4,096 rows each but for the last. */
export function blocksFrom({ features, target, weights }: PartitionColumns): Block[] {
  const blocks: Block[] = [];
  const part = (column: readonly number[] | Float64Array, start: number) =>
    Float64Array.from(column.slice(start, start + BLOCK_ROWS));
  for (let start = 0; start < target.length; start += BLOCK_ROWS) {
    blocks.push({
      rowCount: Math.min(BLOCK_ROWS, target.length - start),
      features: features.map((column) => part(column, start)),
      target: part(target, start),
      weights: weights ? part(weights, start) : null,
    });
  }
  return blocks;
}
