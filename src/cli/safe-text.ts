import { quoteText } from "../key/quote-text.ts";

/** Characters that would move the cursor, colour the terminal, turn the line around or not be seen. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u;
const UNSAFE_ALL = new RegExp(UNSAFE, "gu");

/** Text of a table's cell that needs quotes to be told from padding, from NULL or from quoted text. */
const MISREAD = /^$|^\s|\s$|^NULL$|^"/;

/**
 * Text for one cell of a table: as it is, else as `quoteText` shows it, so that nothing in it breaks the line or
 * reaches the terminal.
 */
export function cellText(text: string): string {
  return UNSAFE.test(text) || MISREAD.test(text) ? quoteText(text) : text;
}

/** A message as one line: breaks become spaces, what else is unsafe stands escaped. */
export function lineText(message: string): string {
  return message
    .trim()
    .replaceAll(/\s*\n\s*/g, " ")
    .replaceAll(UNSAFE_ALL, escaped);
}

function escaped(character: string): string {
  if (character === "\t") return " ";
  return [...Array(character.length).keys()]
    .map((i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, "0")}`)
    .join("");
}
