import type { NamedPartition, Plan, SizeSpread } from "../index.ts";
import { quoteText } from "../key/quote-text.ts";
import { fitText, listText } from "./fit-text.ts";
import { formatCount, formatQuantity } from "./format-number.ts";
import { formatBytes } from "./format-unit.ts";
import { type LineLayout, labelledLines } from "./labelled-lines.ts";
import { lineText } from "./safe-text.ts";

/** How a plan is shown. */
export interface PlanLayout extends LineLayout {
  /** Whether the largest partitions are named. Default: false. */
  readonly isFull?: boolean;
}

/** A plan for a person: a few aligned lines. */
export function planLines(plan: Plan, { isFull = false, width, style }: PlanLayout): string[] {
  const lines: [label: string, text: string][] = [
    ["source", sourceText(plan)],
    ["partitions", partitionsText(plan)],
  ];
  if (isFull && plan.keys.length > 0) lines.push(["largest", largestText(plan)]);
  lines.push(["fit", fitText(plan)]);
  const leftOut = leftOutTexts(plan);
  if (leftOut.length > 0) lines.push(["left out", leftOut.join("; ")]);
  lines.push(["outlook", outlookText(plan)], ["on", engineText(plan)]);
  return labelledLines(lines, { width, style });
}

function largestText({ largest, keys }: Plan): string {
  const texts = largest.map((partition) => `${partition.key} (${sizeText(partition)})`);
  return texts.join(keys.length > 1 ? "; " : ", ");
}

function sizeText({ rows, bytes }: NamedPartition): string {
  if (rows !== null) return formatQuantity(rows, "row");
  return bytes === null ? "size not known" : formatBytes(bytes);
}

function leftOutTexts({ leftOut, unnamed }: Plan): string[] {
  const listed = (names: readonly string[]): string => listText(names.map(quoteText), "columns");
  const asks =
    unnamed.length === 1 ? "a column without a name of its own" : "columns without names of their own";
  return [
    ...(leftOut.length === 0 ? [] : [`${listed(leftOut)}: no numbers, or not in every row`]),
    ...(unnamed.length === 0 ? [] : [`${listed(unnamed)}: ${asks}, as of row numbers`]),
  ];
}

function sourceText({ files, format, bytes, rows, usableRows, where }: Plan): string {
  const kind = format === "csv" ? "CSV file" : "Parquet file";
  const filter = where === null ? "" : ` where ${lineText(where)}`;
  const rowTexts =
    rows === null
      ? [`rows${filter} are counted when they are read`]
      : [
          `${formatQuantity(rows, "row")}${filter}`,
          usableRows === null || usableRows === rows
            ? ""
            : `${formatCount(rows - usableRows)} of them with a value missing in a used column`,
        ];
  return [`${formatQuantity(files, kind)}, ${formatBytes(bytes)}`, ...rowTexts]
    .filter((text) => text !== "")
    .join(", ");
}

function partitionsText(plan: Plan): string {
  const { partitioning, keys, partitions, rowsPerPartition, bytesPerPartition } = plan;
  if (partitioning === "pooled") return "1, all rows (pooled)";
  if (partitioning === "file") {
    const sizes =
      bytesPerPartition === null ? "" : `; ${spreadText(bytesPerPartition, formatBytes, formatBytes)}`;
    return `${formatCount(partitions)}, one per file${sizes}`;
  }
  const names = keys.map(({ name, type }) =>
    type === "text" ? quoteText(name) : `${quoteText(name)} (${type})`,
  );
  const rowsText = (rows: number): string => formatQuantity(rows, "row");
  const sizes = rowsPerPartition === null ? "" : `; ${spreadText(rowsPerPartition, rowsText, formatCount)}`;
  return `${formatCount(partitions)} by ${names.join(", ")}${sizes}`;
}

/** `1 to 58 rows each, median 12`: `bare` has no unit where that stands behind the next number. */
function spreadText(
  { min, median, max }: SizeSpread,
  sized: (size: number) => string,
  bare: (size: number) => string,
): string {
  if (min === max) return `${sized(min)} each`;
  return `${bare(min)} to ${sized(max)} each, median ${bare(median)}`;
}

function outlookText({ fits, skips, minRows, rows }: Plan): string {
  const tooFew = `fewer than ${formatQuantity(minRows, "usable row")}`;
  const toFit = `${formatQuantity(fits, "partition")} to fit`;
  if (rows === null)
    return `${toFit}; those ${minRows > 1 ? `with ${tooFew}` : "without a row"} will be skipped`;
  const skipped = skips.no_rows + skips.too_few_rows;
  const reasons =
    skips.no_rows === 0
      ? tooFew
      : skips.too_few_rows === 0
        ? "no usable row"
        : `${formatCount(skips.no_rows)} with no usable row, ${formatCount(skips.too_few_rows)} with ${tooFew}`;
  return `${toFit}, ${skipped === 0 ? "none to skip" : `${formatCount(skipped)} to skip (${reasons})`}`;
}

function engineText({ engine, workers, exchangeBytes }: Plan): string {
  const lanes = workers === 0 ? "in this thread" : formatQuantity(workers, "worker");
  const memory = exchangeBytes === 0 ? "" : `, ${formatBytes(exchangeBytes)} of memory for the rows`;
  return `${engine}, ${lanes}${memory}`;
}
