import type { Prediction } from "../index.ts";
import { formatCount, formatQuantity } from "./format-number.ts";
import { formatDuration } from "./format-unit.ts";
import { type LineLayout, labelledLines } from "./labelled-lines.ts";
import { pathText } from "./path-text.ts";
import { lineText } from "./safe-text.ts";
import { textTable } from "./text-table.ts";

/** What came of a prediction, for a person: how many rows, which were not predicted and why, and where they are. */
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
