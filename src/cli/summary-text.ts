import { FIT_STATES, type FitState, type Manifest } from "../index.ts";
import type { Cause, CauseList, Causes } from "./causes.ts";
import { formatCount, formatNumber, formatQuantity } from "./format-number.ts";
import { formatDuration, formatRate } from "./format-unit.ts";
import type { R2Spread } from "./highlights.ts";
import { foldText, type LineLayout, labelledLines, packWords } from "./labelled-lines.ts";
import { pathText } from "./path-text.ts";
import { lineText } from "./safe-text.ts";
import { shortKey } from "./stored-key.ts";
import type { Style } from "./style.ts";
import { cutText } from "./text-width.ts";

/** Cells of a message that are shown. */
const MESSAGE_LENGTH = 300;
const BARS = "▁▂▃▄▅▆▇█";

/** States that are counted also where no partition is in them. */
const ALWAYS_COUNTED: readonly FitState[] = ["fitted", "skipped", "failed"];

/** What the first lines on a run are made of. */
export interface SummarisedRun extends Pick<Manifest, "counts" | "durationMs" | "sources"> {
  readonly job: Pick<Manifest["job"], "partitioning">;
}

/**
 * What became of a run, on one line where there is room:
 * `184 fitted, 3 skipped (too_few_rows: 3), 0 failed of 187 partitions · 3,313 rows · 0.6 s · 306 models/s`
 */
export function headlines(manifest: SummarisedRun, { width, style }: LineLayout): string[] {
  const { counts, durationMs } = manifest;
  const { states, partitions } = counts;
  const stateTexts = FIT_STATES.filter((state) => states[state] > 0 || ALWAYS_COUNTED.includes(state)).map(
    (state) => stateText(counts, state, style),
  );
  const facts = [
    `${stateTexts.join(", ")} of ${formatQuantity(partitions, "partition")}`,
    formatQuantity(counts.rowsRead, "row") + rowRemarks(manifest),
    formatDuration(durationMs),
  ];
  if (states.fitted > 0) facts.push(`${formatRate(modelsPerSecond(manifest))} models/s`);
  return packWords(facts, " · ", width).flatMap((line) => foldText(line, width));
}

function rowRemarks({ counts, job, sources }: SummarisedRun): string {
  const isByFile = job.partitioning.kind === "file";
  const { lost, timed_out: timedOut } = counts.states;
  const unknown = isByFile ? sources.filter((file) => file.rows === null).length : lost + timedOut;
  const partition = timedOut === 0 ? "lost partition" : "lost or timed-out partition";
  const what = formatQuantity(unknown, isByFile ? "file" : partition);
  const remarks = [
    ...(counts.rowsDropped === 0 ? [] : [`${formatCount(counts.rowsDropped)} dropped`]),
    ...(counts.rowsHeldOut === 0 ? [] : [`${formatCount(counts.rowsHeldOut)} held out`]),
    ...(unknown === 0 ? [] : [`those of ${what} not known`]),
  ];
  return remarks.length === 0 ? "" : ` (${remarks.join(", ")})`;
}

function stateText({ states, reasons }: Manifest["counts"], state: FitState, style: Style): string {
  const text = `${formatCount(states[state])} ${state.replace("_", " ")}`;
  if (states[state] === 0) return text;
  if (state === "fitted") return style.good(text);
  return state === "skipped" ? `${style.warning(text)} (${reasonsText(reasons)})` : style.bad(text);
}

/** Models a second of a whole run, reading and writing included. */
export function modelsPerSecond({ counts, durationMs }: Pick<Manifest, "counts" | "durationMs">): number {
  return (counts.states.fitted * 1000) / Math.max(1, durationMs);
}

/** What failed, timed out, was lost or skipped, and warnings: each with its causes under a heading, where there are any. */
export function causeSections(
  { failed, timedOut, lost, skipped, warnings }: Causes,
  keys: Manifest["keys"],
  layout: LineLayout,
): string[][] {
  const lists = { failed, "timed out": timedOut, lost, skipped, warnings };
  return Object.entries(lists).map(([heading, list]) => causeLines(heading, list, { ...layout, keys }));
}

/** Causes with their counts, a message and keys. Empty where there are none. */
function causeLines(
  heading: string,
  { causes, otherCauses, otherPartitions }: CauseList,
  { keys, ...layout }: LineLayout & { readonly keys: Manifest["keys"] },
): string[] {
  if (causes.length === 0) return [];
  const entries = causes.flatMap((cause) => causeEntries(cause, keys));
  const lines = [layout.style.strong(heading), ...labelledLines(entries, layout)];
  if (otherCauses > 0) {
    const partitions = formatQuantity(otherPartitions, "partition");
    lines.push(`  and ${formatQuantity(otherCauses, "more cause")} in ${partitions}`);
  }
  return lines;
}

/** `min 0.0019 · quartiles 0.75, 0.93, 0.97 · max 0.9998`, and a histogram from 0 to 1 as bars of one character. */
export function r2Lines({ quantiles, bins, count }: R2Spread, layout: LineLayout): string[] {
  const [min, lower, median, upper, max] = quantiles.map((value) =>
    formatNumber(Number(value.toPrecision(4))),
  );
  const most = Math.max(...bins);
  const bars = bins
    .map((bin) => (bin === 0 ? " " : BARS[Math.ceil((bin / most) * BARS.length) - 1]!))
    .join("");
  return [
    layout.style.strong("r2") + layout.style.faint(` of ${formatQuantity(count, "model")}`),
    ...labelledLines(
      [
        ["0 … 1", `▕${bars}▏`],
        ["from", `${min} to ${max}; quartiles ${lower}, ${median}, ${upper}`],
      ],
      layout,
    ),
  ];
}

/** A cause in two lines: how many and why, then which. */
function causeEntries(
  { code, message, place, partitions, examples }: Cause,
  keys: Manifest["keys"],
): [label: string, text: string][] {
  const why = message === "" ? "" : `: ${cutText(lineText(message), MESSAGE_LENGTH)}`;
  const at = place === null ? "" : ` (at ${pathText(place)})`;
  const shown = examples.map((key) => shortKey(keys, key));
  const others = partitions - examples.length;
  if (others > 0) shown.push(`and ${formatCount(others)} more`);
  return [
    [lineText(code), formatQuantity(partitions, "partition") + why + at],
    // The names and values of a key of several fields have commas between them already.
    ["", shown.join(keys.length > 1 ? "; " : ", ")],
  ];
}

function reasonsText(reasons: Manifest["counts"]["reasons"]): string {
  return Object.entries(reasons)
    .filter(([, count]) => count > 0)
    .map(([reason, count]) => `${reason}: ${formatCount(count)}`)
    .join(", ");
}
