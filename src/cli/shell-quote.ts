/** What every shell leaves as it is. */
const BARE = /^[\w@%+=:,./-]+$/;
/** What double quotes do not protect from the shell. */
const ACTIVE = /["$`\\!]/;
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u;

/**
 * Text as one argument for bash or zsh, in the quotes that are easiest to read. Characters that are not seen stand as
 * escapes (`$'a\nb'`), so that the line can be copied from the terminal.
 */
export function shellQuote(text: string): string {
  if (BARE.test(text)) return text;
  if (UNSEEN.test(text)) return `$'${[...text].map(dollarEscape).join("")}'`;
  if (!ACTIVE.test(text)) return `"${text}"`;
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function dollarEscape(character: string): string {
  if (character === "'" || character === "\\") return `\\${character}`;
  if (!UNSEEN.test(character)) return character;
  const code = character.codePointAt(0)!;
  if (code < 0x80) return `\\x${code.toString(16).padStart(2, "0")}`;
  return `\\U${code.toString(16).padStart(8, "0")}`;
}
