import { quoteIdentifier } from "../duckdb/quote.ts";
import { ManyfitError } from "../errors.ts";
import type { Input } from "./input.ts";
import { type AddedColumn, PREDICTED } from "./predicted-rows.ts";
import { BROKEN_PROMISE } from "./typed-column.ts";

/** Name of the column that says why a row has no prediction. */
export const REASON = "prediction_reason";

/**
 * Makes sure that the added columns, and the reason, have names of their own; case does not count.
 * @throws ManyfitError `invalid_option` when the source has a column of such a name; `trainer_invalid` for added columns
 * whose names cannot stand beside each other and the reason, or not in a table at all.
 */
export function checkFreeNames(
  columns: readonly { readonly name: string }[],
  added: readonly string[],
  fileColumn: string | null,
): void {
  const taken = new Set(fileColumn === null ? [REASON] : [REASON, fileColumn]);
  for (const name of added) {
    const folded = name.toLowerCase();
    if (!taken.has(folded) && !name.includes("\0")) {
      taken.add(folded);
      continue;
    }
    const why = name.includes("\0")
      ? "has a U+0000 in its name"
      : "has the name of another that is written beside it (case does not count)";
    throw new ManyfitError(
      "trainer_invalid",
      `predict gave a column ${JSON.stringify(name)}, which ${why}; choose another name`,
    );
  }
  const clash = columns.find(({ name }) => taken.has(name.toLowerCase()));
  if (clash === undefined) return;
  const text = `column "${clash.name}" of the source has the name of a column that predict adds; rename it, or leave it out of the source`;
  throw new ManyfitError("invalid_option", text);
}

/**
 * SQL for the rows of the input, in order, with what was predicted beside them. Both sides are in order of position
 * and have the same rows, so they are laid side by side; every single row checks that. `fileColumn` names the column of
 * the files' keys, which is the first; null: there is none.
 */
export function outputRows(
  { raw, columns, written }: Input,
  added: readonly AddedColumn[],
  fileColumn: string | null,
): string {
  const own = columns.map(({ name }, i) => `${written[i]} as ${quoteIdentifier(name)}`);
  const file = fileColumn === null ? [] : [`p.k0 as ${quoteIdentifier(fileColumn)}`];
  const names = columns.map(({ name }) => `s.${quoteIdentifier(name)}`);
  const values = added.map(({ name, column }) => `p.${column} as ${quoteIdentifier(name)}`);
  const reason = `case when s.file_row_number is distinct from p.position
    then error('${BROKEN_PROMISE}rows and predictions are out of step') else p.reason::VARCHAR end as ${REASON}`;
  return `select ${[...file, ...names, ...values, reason].join(", ")}
    from (select ${[...own, "file_row_number"].join(", ")} from ${raw}) s positional join ${PREDICTED} p`;
}
