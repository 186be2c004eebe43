import type { NamedPartition, Plan, PlanCluster, PlanMemory, SizeSpread } from "../index.ts";
import { quoteText } from "../key/quote-text.ts";
import { dialectText } from "./dialect-text.ts";
import { fitText, listText } from "./fit-text.ts";
import { forecastEntries, keyListText } from "./forecast-text.ts";
import { formatCount, formatQuantity } from "./format-number.ts";
import { formatBytes, formatShare } from "./format-unit.ts";
import { histogramLines } from "./histogram-lines.ts";
import { type LineLayout, labelledLines } from "./labelled-lines.ts";
import { pathText } from "./path-text.ts";
import { ruleTexts } from "./rule-text.ts";
import { lineText } from "./safe-text.ts";

/** How a plan is shown. */
export interface PlanLayout extends LineLayout {
  /** Whether sizes, the largest partitions and what workers get are shown too. Default: false. */
  readonly isFull?: boolean;
  /** Whether bars may be drawn with block elements. Default: false, `#`. */
  readonly hasBlocks?: boolean;
}

/** A label and the text beside it. */
type Entry = readonly [label: string, text: string];

/** Cells that labels and the spaces around them take, beside which a histogram stands. */
const LABEL_WIDTH = 14;

/** How many times as large as the median the largest partition is when a plan says so. */
const SKEWED = 10;

/** A plan for a person: a few aligned lines. */
export function planLines(
  plan: Plan,
  { isFull = false, hasBlocks = false, ...layout }: PlanLayout,
): string[] {
  const leftOut = leftOutTexts(plan);
  const rules = ruleTexts(plan.rules);
  const lines: Entry[] = [
    ["source", sourceText(plan)],
    ...(isFull && plan.dialect !== null ? [["written", dialectText(plan.dialect)] as const] : []),
    ["partitions", partitionsText(plan)],
    ...(isFull && plan.keys.length > 0 ? sizeEntries(plan, { width: layout.width, hasBlocks }) : []),
    ["fit", fitText(plan)],
    ...(leftOut.length > 0 ? [["left out", leftOut.join("; ")] as const] : []),
    ...(rules.length > 0 ? [["rules", rules.join("; ")] as const] : []),
    ["outlook", outlookText(plan, isFull)],
    ...troubleTexts(plan).map((text) => ["", text] as const),
    ["on", engineText(plan, isFull)],
    ...(isFull && plan.memory !== null ? [["memory", memoryText(plan, plan.memory)] as const] : []),
    ...(plan.forecast === null ? [] : forecastEntries(plan.forecast, plan)),
  ];
  return labelledLines(lines, layout);
}

const SIZE_LABELS = { rows: "rows each", bytes: "sizes" } as const;

function sizeEntries(plan: Plan, layout: { width: number; hasBlocks: boolean }): Entry[] {
  const { sizes, largest } = plan;
  const isUneven = sizes.bins.length > 1;
  const lines = isUneven ? histogramLines(sizes, { ...layout, width: layout.width - LABEL_WIDTH }) : [];
  return [
    ...lines.map((line, i) => [i === 0 ? SIZE_LABELS[sizes.unit] : "", line] as const),
    ["largest", largestText(largest, plan)],
  ];
}

function largestText(largest: readonly NamedPartition[], { keys, skew, partitions }: Plan): string {
  const texts = largest.map((partition) => `${partition.key} (${sizeText(partition)})`);
  const times = skew !== null && skew >= SKEWED && partitions > 1;
  const separator = keys.length > 1 ? "; " : ", ";
  return (
    texts.join(separator) + (times ? `; the first is ${formatCount(Math.round(skew))} times the median` : "")
  );
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
  const kind = { csv: "CSV file", ndjson: "NDJSON file", parquet: "Parquet file" }[format];
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
  const what =
    files === 0 ? "tables or queries of Spark" : `${formatQuantity(files, kind)}, ${formatBytes(bytes)}`;
  return [what, ...rowTexts].filter((text) => text !== "").join(", ");
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

function outlookText(plan: Plan, isFull: boolean): string {
  const { fits, skips, skipExamples, minRows, rows, keys: fields } = plan;
  const tooFew = `fewer than ${formatQuantity(minRows, "usable row")}`;
  const toFit = `${formatQuantity(fits, "partition")} to fit`;
  if (rows === null)
    return `${toFit}; those ${minRows > 1 ? `with ${tooFew}` : "without a row"} will be skipped`;
  const skipped = skips.no_rows + skips.too_few_rows;
  if (skipped === 0) return `${toFit}, none to skip`;
  const named = (keys: readonly string[], count: number): string =>
    isFull && keys.length > 0 ? `: ${keyListText(keys, count, fields.length)}` : "";
  const none = named(skipExamples.no_rows, skips.no_rows);
  const few = named(skipExamples.too_few_rows, skips.too_few_rows);
  const reasons =
    skips.no_rows === 0
      ? tooFew + few
      : skips.too_few_rows === 0
        ? `no usable row${none}`
        : `${formatCount(skips.no_rows)} with no usable row${none}${isFull ? ";" : ","} ${formatCount(skips.too_few_rows)} with ${tooFew}${few}`;
  return `${toFit}, ${formatCount(skipped)} to skip (${reasons})`;
}

/** What is known to go wrong, a sentence each. */
function troubleTexts({ fileProblems, nullFailures, memory, exchangeBytes }: Plan): string[] {
  const files = [
    [fileProblems?.empty, "without a byte"],
    [fileProblems?.packedNothing, "with nothing packed in"],
    [fileProblems?.unreadable, "that may not be read"],
  ] as const;
  return [
    ...files.flatMap(([problem, what]) => {
      if (problem === null || problem === undefined) return [];
      const names =
        problem.examples.map(pathText).join(", ") + (problem.count > problem.examples.length ? ", …" : "");
      return [`will fail: ${formatQuantity(problem.count, "file")} ${what} (${names})`];
    }),
    ...(nullFailures ? [`will fail: ${formatQuantity(nullFailures, "partition")} with a value missing`] : []),
    ...(memory === null ? [] : memoryTroubles(memory, exchangeBytes)),
  ];
}

function memoryTroubles(memory: PlanMemory, exchangeBytes: number): string[] {
  const fateOfLarge =
    memory.tooLargeFate === "blocks"
      ? "fitted block by block from disk"
      : "will fail with partition_too_large";
  const example = memory.tooLargeExamples[0];
  return [
    ...(example === undefined
      ? []
      : [
          `${formatQuantity(memory.tooLarge, "partition")} larger than the ${formatBytes(memory.partitionBytes)} that one may take in a worker: ${fateOfLarge} (${example.key}: ${sizeText(example)}${example.rows === null ? "" : `, ${formatBytes(example.rows * memory.rowBytes)}`})`,
        ]),
    ...(memory.spills
      ? [
          `${formatBytes(exchangeBytes)} of rows, of which ${formatBytes(memory.exchangeBytes)} stay in memory: the others go to disk meanwhile`,
        ]
      : []),
  ];
}

function engineText(plan: Plan, isFull: boolean): string {
  if (plan.cluster !== null) return clusterText(plan, plan.cluster, isFull);
  const { engine, workers, exchangeBytes, partitions, rows, bytes } = plan;
  const lanes = `${engine}, ${workers === 0 ? "in this thread" : formatQuantity(workers, "worker")}`;
  const memory = exchangeBytes === 0 ? "" : `, ${formatBytes(exchangeBytes)} of memory for the rows`;
  if (!isFull) return lanes + memory;
  if (workers < 2 || partitions < 2) return lanes;
  const each = formatQuantity(Math.ceil(partitions / workers), "partition");
  const size =
    rows === null
      ? formatBytes(Math.ceil(bytes / workers))
      : formatQuantity(Math.ceil(rows / workers), "row");
  return `${lanes}, each some ${each}, ${size}${waitText(plan)}`;
}

/** Spark's version and place, how the work is divided there, and which Node fits. */
function clusterText(
  { workers, partitions }: Plan,
  { server, version, tasks, isShuffled, node }: PlanCluster,
  isFull: boolean,
): string {
  const place = `spark ${lineText(version)} at ${lineText(server)}, ${formatQuantity(workers, "core")}`;
  if (!isFull) return place;
  const divided =
    tasks === null
      ? "files are packed into tasks by Spark"
      : `${formatQuantity(tasks, "task")}, each some ${formatQuantity(Math.ceil(partitions / tasks), "partition")}`;
  const moved = isShuffled ? "rows are sent to where their partition is fitted" : "no row is shuffled";
  const nodeText =
    node === null ? "the executors' own, else this machine's is sent" : `${lineText(node)} on the executors`;
  return `${place}; ${divided}; ${moved}; Node: ${nodeText}`;
}

/** What the rows take of the memory that they may. */
function memoryText({ exchangeBytes, rowsPerPartition }: Plan, memory: PlanMemory): string {
  const { totalBytes, partitionBytes, rowBytes } = memory;
  const all = `${formatBytes(totalBytes)} in all`;
  const rows =
    exchangeBytes === 0
      ? []
      : [`${formatBytes(exchangeBytes)} of rows, ${formatBytes(memory.exchangeBytes)} allowed`];
  const largest =
    rowsPerPartition === null
      ? []
      : [
          `${formatBytes(rowsPerPartition.max * rowBytes)} of the largest partition, ${formatBytes(partitionBytes)} allowed`,
        ];
  return [all, ...rows, ...largest].join("; ");
}

/** What is to be said where one partition is more than a worker's share of all. */
function waitText({
  workers,
  rows,
  bytes,
  rowsPerPartition,
  bytesPerPartition,
}: Pick<Plan, "workers" | "rows" | "bytes" | "rowsPerPartition" | "bytesPerPartition">): string {
  const largest = rowsPerPartition?.max ?? bytesPerPartition?.max ?? 0;
  const all = rows ?? bytes;
  if (largest <= all / workers) return "";
  return ` (the largest partition alone is ${formatShare(largest / all)} of all: others will wait for it)`;
}
