import type { Style } from "./style.ts";
import { padText, textWidth } from "./text-width.ts";

const INDENT = 2;
const GAP = 2;
/** Texts are not folded into less than this, however narrow the terminal is. */
const NARROWEST = 24;

/** Where lines are set. */
export interface LineLayout {
  /** Cells of a line. */
  readonly width: number;
  readonly style: Style;
}

/** Labels and their texts below each other, the texts aligned; what does not fit goes on in lines of its own. */
export function labelledLines(
  entries: readonly (readonly [label: string, text: string])[],
  { width, style }: LineLayout,
): string[] {
  const labelWidth = entries.reduce((widest, [label]) => Math.max(widest, textWidth(label)), 0);
  const indent = INDENT + labelWidth + GAP;
  return entries.flatMap(([label, text]) =>
    foldText(text, Math.max(NARROWEST, width - indent)).map((line, i) => {
      if (i > 0) return " ".repeat(indent) + line;
      return " ".repeat(INDENT) + style.faint(padText(label, labelWidth)) + " ".repeat(GAP) + line;
    }),
  );
}

/**
 * Text in lines of at most `width` cells, broken at spaces, but not behind a number, which stays with its unit; a
 * longer word stands alone and is not cut.
 */
export function foldText(text: string, width: number): string[] {
  return packWords(text.split(/(?<!\d) | (?!\p{L})/u), " ", width);
}

/** Texts with a separator between them in lines of at most `width` cells; none where a line breaks. */
export function packWords(words: readonly string[], separator: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of words) {
    const longer = lines.length === 0 ? null : lines.at(-1) + separator + word;
    if (longer !== null && textWidth(longer) <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}
