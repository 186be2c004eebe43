import type { KeyList } from "../key/key-list.ts";
import type { ResolvedJob } from "./resolved-job.ts";

/**
 * What one pass over the source found: every partition with its counts, in key order, as columns. The position of
 * a partition here is its number.
 */
export interface Inventory {
  readonly job: ResolvedJob;
  readonly partitionCount: number;
  readonly keys: KeyList;
  /** Rows of each partition. */
  readonly rows: Float64Array;
  /** Rows of each partition in which every used column is a finite number. */
  readonly usableRows: Float64Array;
  /** Rows in all files. */
  readonly rowCount: number;
  /** Rows of each file, in the order of `job.files`. */
  readonly fileRows: readonly number[];
}
