import type { Rows } from "../table/column.ts";
import type { ReadColumn } from "../table/read-column.ts";

/** Bytes that the texts of one column of a partition may have: where each ends is told by int32s, as Arrow's strings have it. */
const MOST_TEXT_BYTES = 2 ** 31 - 1;

/** Why rows cannot be told to a Python child: a column has more text than one may have. Null where they can. */
export function tooLongTexts(
  { rowCount, columns }: Rows,
  { columns: named }: { readonly columns: readonly ReadColumn[] },
): { readonly code: "partition_too_large"; readonly message: string; readonly stack: null } | null {
  for (const [i, column] of columns.entries()) {
    if (column.kind !== "texts" || rowCount === 0) continue;
    const bytes = column.ends[rowCount - 1]! - column.start;
    if (bytes <= MOST_TEXT_BYTES) continue;
    const message = `column "${named[i]!.name}" has ${bytes.toLocaleString("en-US")} bytes of text in one partition, and Python gets at most ${MOST_TEXT_BYTES.toLocaleString("en-US")}; leave rows out with --where, or the column out of the trainer's columns`;
    return { code: "partition_too_large", message, stack: null };
  }
  return null;
}
