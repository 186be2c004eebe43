import { formatColumn, formatCount, NO_NUMBER } from "./format-number.ts";
import { type FitRow, hasMetric, onlyFeature, scoreMetric } from "./highlights.ts";
import { keyCells, keyColumns, titleBeside } from "./key-cell.ts";
import type { CommittedRun } from "./run-argument.ts";
import { notedLines, type TableLayout, type TextColumn, textTable } from "./text-table.ts";

/** Fitted partitions as a table: key, coefficient and standard error of the only feature, score, sigma, rows. */
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
  const score = scoreMetric(manifest);
  if (score !== null) add(score, formatColumn(fits.map((fit) => fit.score)));
  if (feature === null && hasMetric(manifest, "sigma"))
    add("sigma", formatColumn(fits.map((fit) => fit.sigma)));
  add(
    "rows",
    fits.map(({ rows }) => (rows === null ? NO_NUMBER : formatCount(rows))),
  );
  const columns = [...keyColumns(manifest.keys), ...numbers.map(([column]) => column)];
  const rows = fits.map((fit, i) => [
    ...keyCells(manifest.keys, fit.key),
    ...numbers.map(([, cells]) => cells[i]!),
  ]);
  return notedLines(textTable(columns, rows, layout), layout);
}
