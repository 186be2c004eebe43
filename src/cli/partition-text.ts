import type { SkipReason } from "../index.ts";
import { displayKey } from "../key/display-key.ts";
import { SKIP_MEANINGS } from "./causes.ts";
import { formatCount, formatNumber, formatQuantity, NO_NUMBER } from "./format-number.ts";
import { formatDuration } from "./format-unit.ts";
import { type LineLayout, labelledLines } from "./labelled-lines.ts";
import { modelToJson } from "./model-columns.ts";
import type { PartitionRecord, Remark } from "./partition-records.ts";
import { formulaText } from "./plan-text.ts";
import type { CommittedRun } from "./run-argument.ts";
import { lineText } from "./safe-text.ts";
import { keyToJson } from "./stored-key.ts";
import { type TermRow, termTable } from "./term-table.ts";

type Manifest = CommittedRun["manifest"];

/** One partition with all that the run knows of it, for a person. */
export function partitionLines(
  manifest: Manifest,
  record: PartitionRecord,
  terms: readonly TermRow[],
  layout: LineLayout,
): string[] {
  const { style } = layout;
  const { keys, job } = manifest;
  const paint =
    record.state === "fitted" ? style.good : record.state === "skipped" ? style.warning : style.bad;
  const state = paint(record.state.replace("_", " ")) + reasonText(record);
  const hasIntercept = job.trainer.params["intercept"] !== false;
  const lines = [
    style.strong(displayKey(keys, record.key)),
    ...labelledLines(
      [
        ["state", state],
        ["rows", rowsText(record)],
        [
          "fit",
          `${job.trainer.estimator}: ${formulaText({ ...job.trainerColumns, hasIntercept })}${timeText(record)}`,
        ],
      ],
      layout,
    ),
  ];
  if (terms.length > 0) lines.push("", ...termTable(terms, layout));
  if (record.state === "fitted") lines.push("", ...labelledLines(metricEntries(manifest, record), layout));
  if (record.warnings.length > 0) {
    lines.push("", style.warning("warnings"), ...labelledLines(record.warnings.map(remarkEntry), layout));
  }
  if (record.error !== null)
    lines.push("", style.bad("error"), ...labelledLines([remarkEntry(record.error)], layout));
  return lines;
}

/** A partition as JSON; terms are in it only where they were read. */
export function partitionToJson(
  manifest: Manifest,
  record: PartitionRecord,
  terms?: readonly TermRow[],
): object {
  const { partition, state, reason, rowsRead, rowsUsed, rowsDropped, warnings, error } = record;
  const metrics = manifest.resultSchema.metrics.map(({ name }, i) => [name, record.metrics[i]]);
  return {
    partition,
    key: keyToJson(manifest.keys, record.key),
    state,
    reason,
    rowsRead,
    rowsUsed,
    rowsDropped,
    model: modelToJson(manifest, record),
    metrics: state === "fitted" ? Object.fromEntries(metrics) : null,
    ...(terms === undefined ? {} : { terms }),
    warnings,
    error,
  };
}

function reasonText({ reason }: PartitionRecord): string {
  return reason === null ? "" : ` (${reason}): ${SKIP_MEANINGS[reason as SkipReason] ?? ""}`;
}

function rowsText({ rowsRead, rowsUsed, rowsDropped }: PartitionRecord): string {
  if (rowsRead === null || rowsUsed === null || rowsDropped === null) return NO_NUMBER;
  const dropped =
    rowsDropped === 0 ? "" : `; ${formatCount(rowsDropped)} dropped, without a number in every used column`;
  return `${formatQuantity(rowsRead, "row")} read, ${formatCount(rowsUsed)} used${dropped}`;
}

function timeText({ state, durationMs }: PartitionRecord): string {
  if (state !== "fitted" || durationMs === null) return "";
  return durationMs < 1 ? ", in less than 1 ms" : `, in ${formatDuration(durationMs)}`;
}

function metricEntries({ resultSchema }: Manifest, { metrics }: PartitionRecord): [string, string][] {
  return resultSchema.metrics.map(({ name }, i) => {
    const cell = metrics[i] ?? null;
    return [lineText(name), cell === null ? NO_NUMBER : formatNumber(Number(cell))];
  });
}

function remarkEntry({ code, message }: Remark): readonly [string, string] {
  return [lineText(code), lineText(message)];
}
