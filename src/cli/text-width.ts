/** What takes no cell: combining marks, joiners and variation selectors. */
const NO_CELL = /^[\p{Mn}\p{Me}\p{Cf}]$/u;

/** Ranges of characters that take two cells: East Asian scripts, full-width forms and the blocks of emoji. */
const TWO_CELLS: readonly (readonly [first: number, last: number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xa960, 0xa97c],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1f64f],
  [0x1f680, 0x1f6ff],
  [0x1f900, 0x1faff],
  [0x20000, 0x3fffd],
];

const ESCAPE = "\u001b";
/** The colours that this command line writes: escape, `[`, numbers, `m`. */
const COLOUR = new RegExp(`${ESCAPE}\\[[\\d;]*m`, "g");
const PRINTABLE_ASCII = /^[ -~]*$/;

/**
 * Cells that text takes on a terminal, colours aside. Roughly: by character, not by cluster, so that a family of four
 * joined emoji counts more than a terminal shows; tables are then a little wide, never torn.
 */
export function textWidth(text: string): number {
  const bare = text.includes(ESCAPE) ? text.replaceAll(COLOUR, "") : text;
  if (PRINTABLE_ASCII.test(bare)) return bare.length;
  let width = 0;
  for (const character of bare) width += characterWidth(character);
  return width;
}

/** Text without colours, cut to at most `width` cells; what is cut ends in `…`, without a space before it. */
export function cutText(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  let kept = "";
  let used = 0;
  for (const character of text) {
    used += characterWidth(character);
    if (used > width - 1) break;
    kept += character;
  }
  return width <= 0 ? "" : `${kept.trimEnd()}…`;
}

/** Text with spaces behind it, or before it, so that it takes at least `width` cells. */
export function padText(text: string, width: number, align: "left" | "right" = "left"): string {
  const spaces = " ".repeat(Math.max(0, width - textWidth(text)));
  return align === "left" ? text + spaces : spaces + text;
}

function characterWidth(character: string): 0 | 1 | 2 {
  if (NO_CELL.test(character)) return 0;
  const code = character.codePointAt(0)!;
  return TWO_CELLS.some(([first, last]) => code >= first && code <= last) ? 2 : 1;
}
