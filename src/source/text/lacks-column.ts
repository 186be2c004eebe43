/** As many of a file's columns as a message names. */
const MAX_LISTED = 12;

/** What is wrong with a file that lacks a column: goes on after the file's name. */
export function lacksColumn(name: string, names: readonly string[]): string {
  const listed = names.slice(0, MAX_LISTED).map((other) => JSON.stringify(other));
  const more = names.length > listed.length ? `, … (${names.length} in all)` : "";
  return `it lacks column ${JSON.stringify(name)}; its columns are ${listed.join(", ")}${more}`;
}
