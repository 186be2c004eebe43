import { bucketRowBytes } from "../../protocol/bucket.ts";
import type { ReadColumn } from "../../table/read-column.ts";

/** How large the pages are in which buckets fill before they are spilled. */
export interface PagePlan {
  /** Rows of a page. */
  readonly rows: number;
  /** Bytes of texts in a page, for each column; 0 for columns of numbers. A longer text has a page for itself. */
  readonly textBytes: readonly number[];
}

/** What pages are planned from. */
export interface PageNeed {
  readonly bucketCount: number;
  /** What all pages together may take, in bytes. */
  readonly memoryBytes: number;
  readonly columns: readonly ReadColumn[];
  /** Mean bytes of a text, for each column; 0 for columns of numbers. */
  readonly meanTextBytes: readonly number[];
}

/** Larger pages are read back no faster. */
const MOST_PAGE_BYTES = 2 ** 20;

/** Texts are not all of one length. */
const TEXT_ROOM = 1.25;

/** One page for each bucket, of a size that they all fit into memory. At least one row each. Pure. */
export function planPages({ bucketCount, memoryBytes, columns, meanTextBytes }: PageNeed): PagePlan {
  const pageBytes = Math.min(MOST_PAGE_BYTES, memoryBytes / Math.max(1, bucketCount));
  const texts = meanTextBytes.reduce((sum, bytes) => sum + bytes * TEXT_ROOM, 0);
  const rows = Math.max(1, Math.floor(pageBytes / (bucketRowBytes(columns) + texts)));
  return {
    rows,
    textBytes: columns.map(({ type }, i) =>
      type === "text" ? Math.max(1, Math.ceil(rows * meanTextBytes[i]! * TEXT_ROOM)) : 0,
    ),
  };
}
