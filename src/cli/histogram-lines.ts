import type { SizeHistogram } from "../index.ts";
import { formatCount } from "./format-number.ts";
import { formatBytes } from "./format-unit.ts";
import { padText, textWidth } from "./text-width.ts";

/** Eighths of a cell, from one to a whole. */
const BLOCKS = ["▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"];
const WIDEST_BAR = 40;
/** A bar that is shorter says nothing; the counts stand alone then. */
const SHORTEST_BAR = 8;
const GAP = "  ";

/** How a histogram is drawn. */
export interface HistogramLayout {
  /** Cells of a line. */
  readonly width: number;
  /** Whether bars are drawn with block elements; else with `#`. */
  readonly hasBlocks: boolean;
}

/** Sizes (rows without their unit), how many partitions have each, and a bar: one line a bin, aligned. */
export function histogramLines(
  { unit, bins }: SizeHistogram,
  { width, hasBlocks }: HistogramLayout,
): string[] {
  const sizes = bins.map(({ from, to }) => (unit === "rows" ? rowsText(from, to) : bytesText(from, to)));
  const counts = bins.map(({ partitions }) => formatCount(partitions));
  const widest = (texts: readonly string[]): number => Math.max(...texts.map(textWidth));
  const [sizeWidth, countWidth] = [widest(sizes), widest(counts)];
  const room = Math.min(WIDEST_BAR, width - sizeWidth - countWidth - 2 * GAP.length);
  const most = Math.max(...bins.map((bin) => bin.partitions));
  return bins.map(({ partitions }, i) => {
    const bar = room < SHORTEST_BAR ? "" : barText((partitions / most) * room, hasBlocks);
    const text = padText(sizes[i]!, sizeWidth, "right") + GAP + padText(counts[i]!, countWidth, "right");
    return bar === "" ? text : text + GAP + bar;
  });
}

function rowsText(from: number, to: number): string {
  return to - from === 1 ? formatCount(from) : `${formatCount(from)} to ${formatCount(to - 1)}`;
}

function bytesText(from: number, to: number): string {
  return from === 0 ? "nothing" : `${formatBytes(from)} to ${formatBytes(to)}`;
}

/** A bar of so many cells; what is there at all is seen. */
function barText(cells: number, hasBlocks: boolean): string {
  if (cells <= 0) return "";
  if (!hasBlocks) return "#".repeat(Math.max(1, Math.round(cells)));
  const eighths = Math.max(1, Math.round(cells * 8));
  const rest = eighths % 8;
  return BLOCKS[7]!.repeat(eighths >> 3) + (rest === 0 ? "" : BLOCKS[rest - 1]!);
}
