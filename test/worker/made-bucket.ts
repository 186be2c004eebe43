import { type Bucket, bucketArrays, bucketBytes } from "../../src/protocol/bucket.ts";

/** The columns of made buckets. */
export const MADE_COLUMNS = [
  { name: "x", type: "double", hasValidity: false, isInteger: false },
  { name: "y", type: "double", hasValidity: false, isInteger: false },
] as const;

/** Rows of each partition of a made bucket. */
export const MADE_ROWS = 4;

/**
 * A bucket of some partitions with four rows each: in row `i`, `x` is the partition's number plus `i / 10` and `y` is
 * twice that plus one. `spoilt` gives all `x` of some partitions another value.
 */
export function madeBucket(
  firstPartition: number,
  count: number,
  spoilt: ReadonlyMap<number, number> = new Map(),
): Bucket {
  const layout = {
    rowCount: MADE_ROWS * count,
    columns: MADE_COLUMNS,
    textBytes: [0, 0],
    firstPartition,
    partitionRows: new Float64Array(count).fill(MADE_ROWS),
  };
  const bucket = { ...layout, memory: new SharedArrayBuffer(bucketBytes(layout)) };
  const { position, partition, columns } = bucketArrays(bucket);
  const [x, y] = columns.map((column) => (column.kind === "numbers" ? column.values : new Float64Array()));
  for (let row = 0; row < layout.rowCount; row++) {
    // Partition after partition, each backwards: a worker has to put them in order.
    const number = firstPartition + Math.floor(row / MADE_ROWS);
    const i = MADE_ROWS - 1 - (row % MADE_ROWS);
    position[row] = i;
    partition[row] = number;
    x![row] = spoilt.get(number) ?? number + i / 10;
    y![row] = 2 * (number + i / 10) + 1;
  }
  return bucket;
}
