const MAX_SHOWN = 80;

/** Spaces of any kind, quotes and commas, and what is not seen or turns text around: control and format characters. */
const NEEDS_QUOTES = /[\s"',\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Z}]/u;

/** What stands escaped within quotes, beside what JSON itself escapes. */
const NEEDS_ESCAPE = /^[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]$|^(?! )\p{Zs}$/u;

/**
 * Text for a message of one line: as it is where nothing in it can be misread, else as a JSON string in which
 * control and format characters, surrogates, private characters and all spaces but the plain one are escapes. Empty
 * text and the text `NULL` are quoted too. Text of which more than about 80 characters would be shown is cut between
 * characters, quoted, and followed by `…`.
 */
export function quoteText(text: string): string {
  const isShort = text.length <= MAX_SHOWN;
  if (isShort && text !== "" && text !== "NULL" && !NEEDS_QUOTES.test(text)) return text;
  let shown = "";
  let taken = 0;
  for (const character of text) {
    const escaped = escapeCharacter(character);
    if (shown.length + escaped.length > MAX_SHOWN) break;
    shown += escaped;
    taken += character.length;
  }
  return taken === text.length ? `"${shown}"` : `"${shown}"…`;
}

/** The text that {@link quoteText} shows; null when it is cut or begins with a quote and is no JSON string. */
export function parseQuotedText(shown: string): string | null {
  if (!shown.startsWith('"')) return shown;
  try {
    return JSON.parse(shown) as string;
  } catch {
    return null;
  }
}

function escapeCharacter(character: string): string {
  const escaped = JSON.stringify(character).slice(1, -1);
  if (escaped !== character || !NEEDS_ESCAPE.test(character)) return escaped;
  let codes = "";
  for (let i = 0; i < character.length; i++)
    codes += `\\u${character.charCodeAt(i).toString(16).padStart(4, "0")}`;
  return codes;
}
