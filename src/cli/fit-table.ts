import { formatColumn, formatCount } from "./format-number.ts";
import { type FitRow, hasMetric, onlyFeature } from "./highlights.ts";
import { keyCells, keyColumns, titleBeside } from "./key-cell.ts";
import type { CommittedRun } from "./run-argument.ts";
import { type TableLayout, type TextColumn, textTable } from "./text-table.ts";

/** Fitted partitions as a table: key, coefficient and standard error of the only feature, r2, sigma, rows. */
export function fitTable(
  manifest: CommittedRun["manifest"],
  fits: readonly FitRow[],
  layout: TableLayout,
): readonly string[] {
  const numbers: [TextColumn, string[]][] = [];
  const add = (title: string, cells: string[]): void => {
    numbers.push([{ title: titleBeside(manifest.keys, title), align: "right" }, cells]);
  };
  const feature = onlyFeature(manifest);
  if (feature !== null) {
    add("slope", formatColumn(fits.map((fit) => fit.slope)));
    add("std error", formatColumn(fits.map((fit) => fit.stdError)));
  }
  if (hasMetric(manifest, "r2")) add("r2", formatColumn(fits.map((fit) => fit.r2)));
  if (feature === null && hasMetric(manifest, "sigma"))
    add("sigma", formatColumn(fits.map((fit) => fit.sigma)));
  add(
    "rows",
    fits.map((fit) => formatCount(fit.rows)),
  );
  const columns = [...keyColumns(manifest.keys), ...numbers.map(([column]) => column)];
  const rows = fits.map((fit, i) => [
    ...keyCells(manifest.keys, fit.key),
    ...numbers.map(([, cells]) => cells[i]!),
  ]);
  return textTable(columns, rows, layout).lines;
}
