import type { JsonValue, SkipReason } from "../index.ts";
import { displayKey } from "../key/display-key.ts";
import { skipMeaning } from "./causes.ts";
import { fitText, fitTold } from "./fit-text.ts";
import { formatCount, formatNumber, formatQuantity, NO_NUMBER } from "./format-number.ts";
import { formatBytes, formatDuration } from "./format-unit.ts";
import { jsonLines } from "./json-lines.ts";
import { type LineLayout, labelledLines } from "./labelled-lines.ts";
import { modelToJson } from "./model-columns.ts";
import type { FitError, PartitionRecord, Remark } from "./partition-records.ts";
import { pathText } from "./path-text.ts";
import type { CommittedRun } from "./run-argument.ts";
import { lineText } from "./safe-text.ts";
import { keyToJson } from "./stored-key.ts";
import type { Style } from "./style.ts";
import { type TermRow, termTable } from "./term-table.ts";
import { userPlace } from "./user-place.ts";

type Manifest = CommittedRun["manifest"];

/** Before every line of a model. */
const INDENT = "  ";

/** Lines of a model that are shown; a person reads no more at once. */
const MODEL_LINES = 40;

/** How one partition is shown. */
export interface PartitionLayout extends LineLayout {
  /** The command that writes all of its model. */
  readonly wholeModel: string;
}

/** One partition with all that the run knows of it, for a person. */
export function partitionLines(
  manifest: Manifest,
  record: PartitionRecord,
  terms: readonly TermRow[],
  layout: PartitionLayout,
): string[] {
  const { style } = layout;
  const paint =
    record.state === "fitted" ? style.good : record.state === "skipped" ? style.warning : style.bad;
  const state = paint(record.state.replace("_", " ")) + reasonText(manifest, record);
  const lines = [
    style.strong(displayKey(manifest.keys, record.key)),
    ...labelledLines(
      [
        ["state", state],
        ["rows", rowsText(record)],
        ["fit", fitText(fitTold(manifest)) + timeText(record)],
      ],
      layout,
    ),
  ];
  if (terms.length > 0) lines.push("", ...termTable(terms, layout));
  if (record.document !== null) {
    for (const section of documentLines(manifest, record, layout)) lines.push("", ...section);
  } else if (record.state === "fitted") {
    lines.push("", ...labelledLines(metricEntries(manifest, record), layout));
  }
  if (record.warnings.length > 0) {
    lines.push("", style.warning("warnings"), ...labelledLines(record.warnings.map(remarkEntry), layout));
  }
  if (record.error !== null) {
    lines.push("", style.bad("error"), ...labelledLines([errorEntry(record.error)], layout));
    lines.push(...stackLines(record.error, style));
  }
  return lines;
}

/** The stations of an error; none where its place, which stands beside its message, is the only one. */
function stackLines({ stack }: FitError, style: Style): string[] {
  const lines = stack === null ? [] : stack.split("\n");
  if (lines.filter((line) => userPlace(line) !== null).length < 2) return [];
  return [
    "",
    style.strong("stack"),
    ...lines.map((line) => INDENT.repeat(/^\s/.test(line) ? 2 : 1) + lineText(line.trim())),
  ];
}

/** Metrics and model of a partition whose model is a document, as sections; none where there is no model. */
export function documentLines(
  manifest: Manifest,
  record: PartitionRecord,
  layout: PartitionLayout,
): string[][] {
  const { document, modelBytes } = record;
  if (document === null) return [];
  const { style, width } = layout;
  const metrics = labelledLines(metricEntries(manifest, record), layout);
  const heading = style.strong("model") + style.faint(` (${formatBytes(modelBytes ?? 0)})`);
  const { json, blob } = document;
  if (json === null) {
    const entries = [
      ["bytes", blob === null ? NO_NUMBER : formatBytes(blob.bytes)],
      ["sha256", blob?.sha256 ?? NO_NUMBER],
    ] as const;
    return [metrics, [style.strong("model"), ...labelledLines(entries, layout)]].filter(isAny);
  }
  const lines: string[] = [];
  for (const line of jsonLines(JSON.parse(json) as JsonValue, width - INDENT.length)) {
    if (lines.length === MODEL_LINES) {
      lines.push(style.faint(`${INDENT}… the first ${MODEL_LINES} lines; all of it: ${layout.wholeModel}`));
      break;
    }
    lines.push(INDENT + line);
  }
  return [metrics, [heading, ...lines]].filter(isAny);
}

function isAny(lines: readonly string[]): boolean {
  return lines.length > 0;
}

/**
 * A partition as JSON; terms are in it only where they were read. `modelBlob` stands for a model that is bytes: how
 * many, and their sha256.
 */
export function partitionToJson(
  manifest: Manifest,
  record: PartitionRecord,
  terms?: readonly TermRow[],
): object {
  const { partition, state, reason, rowsRead, rowsUsed, rowsDropped, rowsHeldOut } = record;
  const isDocument = manifest.resultSchema.form === "document";
  const metrics = manifest.resultSchema.metrics.map(({ name }) => [name, record.metrics.get(name) ?? null]);
  return {
    partition,
    key: keyToJson(manifest.keys, record.key),
    state,
    reason,
    rowsRead,
    rowsUsed,
    rowsDropped,
    rowsHeldOut,
    model: modelToJson(manifest, record),
    ...(isDocument ? { modelBlob: record.document?.blob ?? null } : {}),
    metrics: state === "fitted" ? Object.fromEntries(metrics) : null,
    ...(terms === undefined || (isDocument && terms.length === 0) ? {} : { terms }),
    warnings: record.warnings,
    error: record.error,
  };
}

function reasonText(manifest: Manifest, { reason }: PartitionRecord): string {
  return reason === null ? "" : ` (${reason}): ${skipMeaning(manifest, reason as SkipReason)}`;
}

function rowsText({ rowsRead, rowsUsed, rowsDropped, rowsHeldOut }: PartitionRecord): string {
  if (rowsRead === null) return "not known";
  const read = `${formatQuantity(rowsRead, "row")} read`;
  if (rowsUsed === null || rowsDropped === null) return `${read}; how many were used is not known`;
  const heldOut = rowsHeldOut === null || rowsHeldOut === 0 ? "" : `; ${formatCount(rowsHeldOut)} held out`;
  const dropped =
    rowsDropped === 0
      ? ""
      : `; ${formatCount(rowsDropped)} dropped: no value, or no finite one, in a used column`;
  return `${read}, ${formatCount(rowsUsed)} used${heldOut}${dropped}`;
}

function timeText({ state, durationMs }: PartitionRecord): string {
  if (state !== "fitted" || durationMs === null) return "";
  return durationMs < 1 ? ", in less than 1 ms" : `, in ${formatDuration(durationMs)}`;
}

function metricEntries({ resultSchema }: Manifest, { metrics }: PartitionRecord): [string, string][] {
  return resultSchema.metrics.map(({ name }) => {
    const cell = metrics.get(name) ?? null;
    return [lineText(name), cell === null ? NO_NUMBER : formatNumber(Number(cell))];
  });
}

function remarkEntry({ code, message }: Remark): readonly [string, string] {
  return [lineText(code), lineText(message)];
}

function errorEntry({ code, message, stack }: FitError): readonly [string, string] {
  const place = stack === null ? null : userPlace(stack);
  return [lineText(code), lineText(message) + (place === null ? "" : ` (at ${pathText(place)})`)];
}
