/** A name as an SQL identifier, whatever characters it holds. */
export function sqlName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Text as an SQL expression, whatever characters it holds; a NUL would end the statement. */
export function sqlText(text: string): string {
  return `'${text.replaceAll("'", "''").replaceAll("\0", "' || chr(0) || '")}'`;
}
