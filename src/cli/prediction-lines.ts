import type { Prediction } from "../index.ts";
import { filesByCause } from "../run/unreadable-file.ts";
import { formatCount, formatQuantity } from "./format-number.ts";
import { formatDuration } from "./format-unit.ts";
import { type LineLayout, labelledLines } from "./labelled-lines.ts";
import { pathText } from "./path-text.ts";
import { lineText } from "./safe-text.ts";
import { textTable } from "./text-table.ts";
import { cutText } from "./text-width.ts";

/** Cells of a message that are shown. */
const MESSAGE_LENGTH = 300;

/** Causes of files that were left out, files of one cause, and columns that are named: a page holds them. */
const SHOWN_CAUSES = 10;
const SHOWN_FILES = 3;
const SHOWN_COLUMNS = 20;

/**
 * What came of a prediction, for a person: how many rows, which were not predicted and why, what was left out, and where
 * they are.
 */
export function predictionLines(prediction: Prediction, layout: LineLayout): string[] {
  const { rows, predicted, reasons, examples, run, file, durationMs } = prediction;
  const lines = [
    `${formatCount(predicted)} of ${formatQuantity(rows, "row")} predicted · ${formatDuration(durationMs)}`,
    "",
  ];
  const missing = Object.entries(reasons);
  if (missing.length > 0) {
    const table = textTable(
      [{ title: "prediction_reason" }, { title: "rows", align: "right" }, { title: "such as" }],
      missing.map(([reason, count]) => {
        return [lineText(reason), formatCount(count), lineText((examples[reason] ?? []).join("; "))];
      }),
      layout,
    );
    lines.push(layout.style.strong("not predicted"), ...table.lines, "");
  }
  lines.push(...failureLines(prediction, layout), ...leftOutLines(prediction, layout));
  return [
    ...lines,
    ...labelledLines(
      [
        ["run", lineText(run)],
        ["file", pathText(file)],
      ],
      layout,
    ),
  ];
}

/** Of what the trainer failed: a line for each cause, its keys, and how many rows are left for others. */
function failureLines({ failures, reasons }: Prediction, layout: LineLayout): string[] {
  if (failures.length === 0) return [];
  const entries = failures.flatMap(({ message, rows, partitions, examples }) => {
    const others = partitions - examples.length;
    const keys = others > 0 ? [...examples, `and ${formatCount(others)} more`] : examples;
    return [
      [formatQuantity(rows, "row"), cutText(lineText(message), MESSAGE_LENGTH)] as const,
      ["", lineText(keys.join("; "))] as const,
    ];
  });
  const rest = failures.reduce((left, { rows }) => left - rows, reasons["predict_failed"] ?? 0);
  const more = rest > 0 ? [`  and ${formatQuantity(rest, "row")} for other causes`] : [];
  return [layout.style.strong("predict failed"), ...labelledLines(entries, layout), ...more, ""];
}

/** Files that could not be read, a line for each cause, and columns that not all files share. */
function leftOutLines({ filesLeftOut, columnsLeftOut }: Prediction, layout: LineLayout): string[] {
  const lines: string[] = [];
  if (filesLeftOut.length > 0) {
    const causes = filesByCause(filesLeftOut);
    const entries = causes.slice(0, SHOWN_CAUSES).flatMap((group) => {
      const named = group.slice(0, SHOWN_FILES).map(({ file }) => pathText(file));
      const others = group.length - named.length;
      return [
        [formatQuantity(group.length, "file"), cutText(lineText(group[0]!.problem), MESSAGE_LENGTH)] as const,
        ["", (others > 0 ? [...named, `and ${formatCount(others)} more`] : named).join("; ")] as const,
      ];
    });
    const rest = causes.slice(SHOWN_CAUSES).reduce((sum, group) => sum + group.length, 0);
    const more = rest > 0 ? [`  and ${formatQuantity(rest, "file")} for other causes`] : [];
    lines.push(layout.style.strong("files left out"), ...labelledLines(entries, layout), ...more, "");
  }
  if (columnsLeftOut.length > 0) {
    const named = columnsLeftOut.slice(0, SHOWN_COLUMNS).map(lineText);
    const others = columnsLeftOut.length - named.length;
    const names = (others > 0 ? [...named, `and ${formatCount(others)} more`] : named).join(", ");
    const entry = [formatQuantity(columnsLeftOut.length, "column"), names] as const;
    lines.push(
      layout.style.strong("not the same in all files, left out"),
      ...labelledLines([entry], layout),
      "",
    );
  }
  return lines;
}
