import type { Plan } from "../index.ts";
import { quoteText } from "../key/quote-text.ts";
import { formatCount, formatQuantity } from "./format-number.ts";
import { formatBytes } from "./format-unit.ts";
import { type LineLayout, labelledLines } from "./labelled-lines.ts";
import { lineText } from "./safe-text.ts";

/** Names that a formula shows before it only counts. */
const SHOWN_FEATURES = 8;

/** What a linear model explains by what. */
export interface Formula {
  readonly target: string;
  readonly features: readonly string[];
  readonly weights: string | null;
  readonly hasIntercept: boolean;
}

/** A model as R writes it: `lifeExp ~ year`, `y ~ 0 + x1 + x2 (weights w)`. */
export function formulaText({ target, features, weights, hasIntercept }: Formula): string {
  const names = features.slice(0, SHOWN_FEATURES).map(quoteText);
  if (features.length > names.length) names.push(`… (${formatCount(features.length)} features)`);
  const terms = hasIntercept ? names : ["0", ...names];
  const weighted = weights === null ? "" : `, weighted by ${quoteText(weights)}`;
  return `${quoteText(target)} ~ ${terms.length === 0 ? "1" : terms.join(" + ")}${weighted}`;
}

/** How a plan is shown. */
export interface PlanLayout extends LineLayout {
  /** What was asked for; the plan itself does not say it. */
  readonly hasIntercept: boolean;
  /** Whether the largest partitions are named. Default: false. */
  readonly isFull?: boolean;
}

/** A plan for a person: a few aligned lines. */
export function planLines(plan: Plan, { hasIntercept, isFull = false, width, style }: PlanLayout): string[] {
  const lines: [label: string, text: string][] = [
    ["source", sourceText(plan)],
    ["partitions", partitionsText(plan)],
  ];
  if (isFull && plan.keys.length > 0) lines.push(["largest", largestText(plan)]);
  lines.push(["fit", `${plan.estimator}: ${formulaText({ ...plan, hasIntercept })}`]);
  if (plan.leftOut.length > 0) lines.push(["left out", leftOutText(plan.leftOut)]);
  lines.push(["outlook", outlookText(plan)], ["on", engineText(plan)]);
  return labelledLines(lines, { width, style });
}

function largestText({ largest, keys }: Plan): string {
  const texts = largest.map(({ key, rows }) => `${key} (${formatQuantity(rows, "row")})`);
  return texts.join(keys.length > 1 ? "; " : ", ");
}

function leftOutText(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN_FEATURES).map(quoteText);
  if (names.length > shown.length) shown.push(`… (${formatCount(names.length)} columns)`);
  return `${shown.join(", ")}: no numbers, or not in every row`;
}

function sourceText({ files, format, bytes, rows, usableRows, where }: Plan): string {
  const kind = format === "csv" ? "CSV file" : "Parquet file";
  const unusable = rows - usableRows;
  return [
    `${formatQuantity(files, kind)}, ${formatBytes(bytes)}`,
    `${formatQuantity(rows, "row")}${where === null ? "" : ` where ${lineText(where)}`}`,
    unusable === 0 ? "" : `${formatCount(unusable)} of them with a value missing in a used column`,
  ]
    .filter((text) => text !== "")
    .join(", ");
}

function partitionsText({ keys, partitions, rowsPerPartition: spread }: Plan): string {
  if (keys.length === 0) return "1, all rows (pooled)";
  const names = keys.map(({ name, type }) =>
    type === "text" ? quoteText(name) : `${quoteText(name)} (${type})`,
  );
  const sizes =
    spread.min === spread.max
      ? `${formatQuantity(spread.min, "row")} each`
      : `${formatCount(spread.min)} to ${formatCount(spread.max)} rows each, median ${formatCount(spread.median)}`;
  return `${formatCount(partitions)} by ${names.join(", ")}; ${sizes}`;
}

function outlookText({ fits, skips, minRows }: Plan): string {
  const tooFew = `fewer than ${formatQuantity(minRows, "usable row")}`;
  const skipped = skips.no_rows + skips.too_few_rows;
  const reasons =
    skips.no_rows === 0
      ? tooFew
      : skips.too_few_rows === 0
        ? "no usable row"
        : `${formatCount(skips.no_rows)} with no usable row, ${formatCount(skips.too_few_rows)} with ${tooFew}`;
  const skipText = skipped === 0 ? "none to skip" : `${formatCount(skipped)} to skip (${reasons})`;
  return `${formatQuantity(fits, "partition")} to fit, ${skipText}`;
}

function engineText({ engine, workers, exchangeBytes }: Plan): string {
  const lanes = workers === 0 ? "in this thread" : formatQuantity(workers, "worker");
  const memory = exchangeBytes === 0 ? "" : `, ${formatBytes(exchangeBytes)} of memory for the rows`;
  return `${engine}, ${lanes}${memory}`;
}
