/** A name as an SQL identifier, whatever characters it holds. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text as an SQL string literal, whatever characters it holds. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** Texts as an SQL list literal. */
export function quoteTextList(texts: readonly string[]): string {
  return `[${texts.map(quoteText).join(", ")}]`;
}
