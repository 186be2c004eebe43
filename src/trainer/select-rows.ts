import type { Holdout, RowPolicy } from "../job/policy.ts";
import { partitionSeed } from "../key/partition-seed.ts";
import type { SkipReason } from "../run/fit-state.ts";
import type { Rows } from "../table/column.ts";
import { gatherRows } from "../table/gather-rows.ts";
import { isUnusable, unusableRows } from "../table/unusable-rows.ts";
import { heldOutCount, heldOutRows } from "./held-out-rows.ts";

/** What a run says of the rows of every partition. */
export interface RowContext {
  readonly rowPolicy: RowPolicy;
  /** Seed of the run. */
  readonly seed: number;
}

/** How many rows became what: the last three add up to the first. */
export interface RowCounts {
  readonly rowsRead: number;
  readonly rowsUsed: number;
  readonly rowsDropped: number;
  readonly rowsHeldOut: number;
}

/** The rows of a partition as its row policy divides them, or what becomes of a partition that is not fitted. */
export type SelectedRows = { readonly counts: RowCounts } & (
  | {
      readonly state: "selected";
      readonly used: Rows;
      /** Null where none is held out. */
      readonly heldOut: Rows | null;
    }
  | { readonly state: "skipped"; readonly reason: SkipReason }
  | { readonly state: "failed"; readonly code: string; readonly message: string; readonly stack: null }
);

/** What {@link selectRows} goes by. */
export interface RowSelection extends RowContext {
  /** Names of the columns, for messages. */
  readonly columnNames: readonly string[];
  /** Used rows that the trainer needs; the row policy may ask for more. */
  readonly minRows: number;
  /** Canonical bytes of the partition's key; null where there is none, as in pooled runs. */
  readonly keyBytes: Uint8Array | null;
}

const NO_KEY = new Uint8Array();

/**
 * Divides the rows of a partition, in canonical order, into those that are fitted, dropped and held out. Gives the
 * rows themselves where all are used, else copies. Under `nulls: "fail"` a partition with an unusable row fails with
 * `nulls_found`, however few rows it has; it counts them as dropped and the others as used, though none is fitted.
 */
export function selectRows(rows: Rows, selection: RowSelection): SelectedRows {
  const { rowPolicy, minRows } = selection;
  const unusable = rowPolicy.nulls === "keep" ? null : unusableRows(rows);
  if (unusable !== null && rowPolicy.nulls === "fail") return nullsFound(rows, unusable, selection);
  const usableRows = rows.rowCount - unusableCount(unusable);
  const counts = countsOf(rows.rowCount, usableRows, rowPolicy.holdout);
  const reason = skipReason(usableRows, Math.max(minRows, rowPolicy.minRows), rowPolicy.holdout);
  if (reason !== null) return { state: "skipped", reason, counts };
  if (counts.rowsUsed === rows.rowCount) return { state: "selected", used: rows, heldOut: null, counts };
  return { state: "selected", ...divideRows(rows, unusable, counts, selection), counts };
}

/** The counts of {@link selectRows} alone. */
export function countRows(rows: Rows, { nulls, holdout }: RowPolicy): RowCounts {
  const unusable = nulls === "keep" ? null : unusableRows(rows);
  const usableRows = rows.rowCount - unusableCount(unusable);
  const isRefused = nulls === "fail" && unusable !== null;
  return countsOf(rows.rowCount, usableRows, isRefused ? null : holdout);
}

/**
 * Why a partition with so many usable rows is skipped, by counts alone; null where it is fitted. `minRows` are the
 * rows that must be left after the holdout. Of NaN, a number that is not known, nothing is said.
 */
export function skipReason(usableRows: number, minRows: number, holdout: Holdout | null): SkipReason | null {
  if (usableRows === 0) return "no_rows";
  return usableRows - heldOutCount(usableRows, holdout) < minRows ? "too_few_rows" : null;
}

function countsOf(rowsRead: number, usableRows: number, holdout: Holdout | null): RowCounts {
  const rowsHeldOut = heldOutCount(usableRows, holdout);
  return { rowsRead, rowsUsed: usableRows - rowsHeldOut, rowsDropped: rowsRead - usableRows, rowsHeldOut };
}

function unusableCount(unusable: Uint8Array | null): number {
  return unusable === null ? 0 : unusable.reduce((sum, flag) => sum + flag, 0);
}

function divideRows(
  rows: Rows,
  unusable: Uint8Array | null,
  counts: RowCounts,
  { rowPolicy: { holdout }, seed, keyBytes }: RowSelection,
): { readonly used: Rows; readonly heldOut: Rows | null } {
  const { rowsUsed, rowsHeldOut } = counts;
  const seedOfRows = rowsHeldOut === 0 ? 0 : partitionSeed(seed, keyBytes ?? NO_KEY);
  const held = heldOutRows(rowsUsed + rowsHeldOut, holdout, seedOfRows);
  const used = new Uint32Array(rowsUsed);
  const heldOut = new Uint32Array(rowsHeldOut);
  let [usedAt, heldOutAt] = [0, 0];
  for (let row = 0; row < rows.rowCount; row++) {
    if (unusable?.[row] === 1) continue;
    if (held.has(usedAt + heldOutAt)) heldOut[heldOutAt++] = row;
    else used[usedAt++] = row;
  }
  return { used: gatherRows(rows, used), heldOut: rowsHeldOut === 0 ? null : gatherRows(rows, heldOut) };
}

function nullsFound(
  rows: Rows,
  unusable: Uint8Array,
  { columnNames, rowPolicy }: RowSelection,
): SelectedRows {
  const row = unusable.indexOf(1);
  const column = rows.columns.findIndex((candidate) => isUnusable(candidate, row));
  const found = {
    count: unusableCount(unusable),
    rowCount: rows.rowCount,
    row,
    column: columnNames[column]!,
  };
  return { state: "failed", ...nullsFoundFailure(found), counts: countRows(rows, rowPolicy) };
}

/** Rows that the policy refuses: how many of how many, and where the first is, its row counted from 0. */
export interface RefusedRows {
  readonly count: number;
  readonly rowCount: number;
  readonly row: number;
  readonly column: string;
}

/** What is said of a partition whose rows are refused. */
export function nullsFoundFailure({ count, rowCount, row, column }: RefusedRows): {
  readonly code: "nulls_found";
  readonly message: string;
  readonly stack: null;
} {
  const [has, them] = count === 1 ? ["has", "it"] : ["have", "them"];
  const message =
    `${count} of ${rowCount} rows ${has} NULL, NaN or an infinity in a column that the trainer reads ` +
    `(first in row ${row + 1}, column "${column}"); mend ${them}, or let --nulls drop leave ${them} out`;
  return { code: "nulls_found", message, stack: null };
}
