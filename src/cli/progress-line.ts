import type { Phase, RunState, StateCounts } from "../index.ts";
import { formatCount, formatQuantity } from "./format-number.ts";
import { formatBytes, formatDuration, formatRate, formatShare } from "./format-unit.ts";
import { type PhasePace, type ProgressState, phasePace, timeLeft } from "./progress-state.ts";
import { lineText } from "./safe-text.ts";
import type { Style } from "./style.ts";
import { cutText, textWidth } from "./text-width.ts";

/** Where and when a line is drawn. */
export interface ProgressView {
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  /** Cells that the line may take. */
  readonly width: number;
  readonly style: Style;
}

const GAP = "  ";
/** Cells of the bar, as the line has room. */
const SMALL_BAR = 8;
const LARGE_BAR = 20;
/** Cells of the longest phase and of `100 %`, so that nothing jumps from one drawing to the next. */
const PHASE_WIDTH = 10;
const SHARE_WIDTH = 5;
const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"] as const;

/** What is being done to the rest, in "~8 s to fit". */
const VERBS: Readonly<Record<Phase, string>> = {
  reading: "read",
  exchanging: "exchange",
  fitting: "fit",
  committing: "commit",
};

/**
 * A run's state as one line of a terminal: phase, bar, how many of how many, rate, time. What does not fit into the
 * width is left out, the least telling first; the line has no break and no escape but colours. Pure.
 */
export function progressLine(state: ProgressState, { nowMs, width, style }: ProgressView): string {
  const pace = phasePace(state, nowMs);
  if (pace === null) return "";
  const { phase, done, total } = pace;
  const hasShare = total !== null && total > 0 && (phase !== "committing" || done > 0);
  const share = hasShare ? Math.min(1, done / total) : null;
  const parts: readonly Part[] = [
    { text: phase.padEnd(PHASE_WIDTH), paint: style.strong, keep: 7 },
    { text: share === null ? "" : bar(share, SMALL_BAR), paint: style.good, keep: 2, isBar: true },
    { text: share === null ? "" : formatShare(share).padStart(SHARE_WIDTH), keep: 5 },
    { text: amountText(pace), keep: 4 },
    { text: rateText(pace), keep: 1 },
    { text: timeText(state, pace, nowMs), keep: 3 },
    { text: memoryText(state.run), keep: 0 },
    { text: slowText(state.run, nowMs), paint: style.warning, keep: 2 },
    { text: troubleText(state.run.counts), paint: style.warning, keep: 6 },
  ];
  const shown = fitParts(
    parts.filter((part) => part.text !== ""),
    width,
  );
  const barWidth = Math.min(LARGE_BAR, SMALL_BAR + width - lineWidth(shown));
  return shown
    .map(({ text, isBar, paint = String }) => paint(isBar ? bar(share ?? 0, barWidth) : cutText(text, width)))
    .join(GAP);
}

/** A run's state as a line of a log: the same without bar and colours. Pure. */
export function progressLogLine(state: ProgressState, nowMs: number): string {
  const pace = phasePace(state, nowMs);
  if (pace === null) return "";
  const share = pace.total !== null && pace.done > 0 ? ` (${formatShare(pace.done / pace.total)})` : "";
  const facts = [
    amountText(pace) + share,
    rateText(pace),
    pace.done > 0 ? timeText(state, pace, nowMs) : "",
    memoryText(state.run),
    slowText(state.run, nowMs),
    troubleText(state.run.counts),
  ];
  return `${pace.phase} ${facts.filter((text) => text !== "").join(", ")}`.trim();
}

/** A part of the line; the lowest `keep` is left out first. */
interface Part {
  readonly text: string;
  readonly paint?: (text: string) => string;
  readonly keep: number;
  /** Whether it takes what room the others leave. */
  readonly isBar?: true;
}

function fitParts(parts: readonly Part[], width: number): readonly Part[] {
  let shown = parts;
  while (shown.length > 1 && lineWidth(shown) > width) {
    const least = Math.min(...shown.map((part) => part.keep));
    shown = shown.filter((part) => part.keep !== least);
  }
  return shown;
}

function lineWidth(parts: readonly Part[]): number {
  return parts.reduce((sum, part) => sum + textWidth(part.text) + GAP.length, -GAP.length);
}

function bar(share: number, width: number): string {
  const eighths = Math.floor(Math.min(1, share) * width * 8);
  const full = "█".repeat(Math.floor(eighths / 8));
  return (full + EIGHTHS[eighths % 8]!).padEnd(width, "░");
}

function amountText({ phase, done, total, unit }: PhasePace): string {
  if (unit === "percent") return "";
  const singular = unit.slice(0, -1);
  if (total === null) return done === 0 ? "" : formatQuantity(done, singular);
  const of = done === 0 || phase === "committing" ? "" : `${formatCount(done)} of `;
  return of + formatQuantity(total, singular);
}

function rateText({ unit, perSecond }: PhasePace): string {
  return perSecond === null || unit === "percent" ? "" : `${formatRate(perSecond)}/s`;
}

/** Time since the run began, and until it is committed; where that cannot be said, until the phase ends. */
function timeText(state: ProgressState, { phase, leftMs }: PhasePace, nowMs: number): string {
  const { startedAtMs, progress } = state.run;
  const elapsed = formatDuration(Math.max(0, nowMs - (startedAtMs ?? progress?.startedAtMs ?? nowMs)));
  const allLeftMs = timeLeft(state, nowMs);
  if (allLeftMs !== null) return `${elapsed}, ~${secondsText(allLeftMs)} left`;
  return leftMs === null ? elapsed : `${elapsed}, ~${secondsText(leftMs)} to ${VERBS[phase]}`;
}

function secondsText(ms: number): string {
  return formatDuration(Math.max(1, Math.round(ms / 1000)) * 1000).replace(".0", "");
}

function memoryText({ memory }: RunState): string {
  return memory === null ? "" : `${formatBytes(memory.bytes)} of memory`;
}

/** Cells that a key may take of the line. */
const KEY_WIDTH = 24;

/** The fit that goes on for longest, and how many others do. */
function slowText({ slow }: RunState, nowMs: number): string {
  const [first] = slow;
  if (first === undefined) return "";
  const more = slow.length > 1 ? ` and ${formatCount(slow.length - 1)} more` : "";
  const since = formatDuration(Math.max(0, nowMs - first.startedAtMs));
  return `${cutText(lineText(first.key), KEY_WIDTH)} is fitted for ${since}${more}`;
}

function troubleText(counts: StateCounts): string {
  const troubles = [
    { count: counts.failed, word: "failed" },
    { count: counts.timed_out, word: "timed out" },
    { count: counts.lost, word: "lost" },
  ];
  return troubles
    .filter(({ count }) => count > 0)
    .map(({ count, word }) => `${formatCount(count)} ${word}`)
    .join(", ");
}
