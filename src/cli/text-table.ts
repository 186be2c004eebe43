import type { Style } from "./style.ts";
import { cutText, padText, textWidth } from "./text-width.ts";

/** A column of a table for people. */
export interface TextColumn {
  readonly title: string;
  /** Numbers stand right. Default: left. */
  readonly align?: "left" | "right";
}

/** How a table is set. */
export interface TableLayout {
  /** Cells of a line. */
  readonly width: number;
  readonly style: Style;
  /** Spaces before every line. Default: 2. */
  readonly indent?: number;
}

/** A table as lines, and the titles of the columns for which there was no room. */
export interface TextTable {
  readonly lines: readonly string[];
  readonly hidden: readonly string[];
}

const GAP = 2;
/** A column of text is not made narrower than this to make room; numbers are never cut. */
const NARROWEST = 12;

/**
 * Rows of cells as aligned lines below their titles. Where the width does not suffice, the widest columns of text
 * are cut first, then columns at the end are left out; nothing wraps. Cells must be single lines.
 */
export function textTable(
  columns: readonly TextColumn[],
  rows: readonly (readonly string[])[],
  { width, style, indent = 2 }: TableLayout,
): TextTable {
  const wanted = columns.map(({ title }, i) =>
    rows.reduce((widest, row) => Math.max(widest, textWidth(row[i]!)), textWidth(title)),
  );
  const widths = fitWidths(columns, wanted, width - indent);
  const shown = columns.slice(0, widths.length);
  const lineOf = (cells: readonly string[]): string => {
    const padded = shown.map(({ align }, i) => padText(cutText(cells[i]!, widths[i]!), widths[i]!, align));
    return (" ".repeat(indent) + padded.join(" ".repeat(GAP))).trimEnd();
  };
  const head = lineOf(columns.map((column) => column.title));
  return {
    lines: [style.faint(head), ...rows.map(lineOf)],
    hidden: columns.slice(widths.length).map((column) => column.title),
  };
}

/** The lines of a table, and one that names the columns for which there was no room. */
export function notedLines({ lines, hidden }: TextTable, { style, indent = 2 }: TableLayout): string[] {
  if (hidden.length === 0) return [...lines];
  return [...lines, " ".repeat(indent) + style.faint(`no room for: ${hidden.join(", ")}`)];
}

/** Widths of as many leading columns as have room, at least the first. */
function fitWidths(columns: readonly TextColumn[], wanted: readonly number[], width: number): number[] {
  const least = wanted.map((w, i) => (columns[i]!.align === "right" ? w : Math.min(w, NARROWEST)));
  let count = columns.length;
  while (count > 1 && totalWidth(least.slice(0, count)) > width) count--;
  const widths = wanted.slice(0, count).map((w) => Math.min(w, Math.max(1, width)));
  for (let excess = totalWidth(widths) - width; excess > 0; excess--) {
    const widest = widestWithRoom(widths, least);
    if (widest === null) break;
    widths[widest]!--;
  }
  return widths;
}

/** The widest column that is wider than it must be; null when none is. */
function widestWithRoom(widths: readonly number[], least: readonly number[]): number | null {
  let widest: number | null = null;
  for (const [i, width] of widths.entries()) {
    if (width > least[i]! && (widest === null || width > widths[widest]!)) widest = i;
  }
  return widest;
}

function totalWidth(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width + GAP, -GAP);
}
