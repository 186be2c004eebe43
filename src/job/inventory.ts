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
  /** Rows of each partition; NaN where that is not known before they are read. */
  readonly rows: Float64Array;
  /** Rows of each partition that the trainer can use; NaN where that is not known before they are read. */
  readonly usableRows: Float64Array;
  /** Rows in all files; null where that is not known before they are read. */
  readonly rowCount: number | null;
  /** Rows of each file, in the order of `job.files`; null where that is not known before they are read. */
  readonly fileRows: readonly number[] | null;
}
