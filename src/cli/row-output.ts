import { jsonText } from "./json-text.ts";
import { foldText, type LineLayout } from "./labelled-lines.ts";
import type { Output } from "./output.ts";

const NEEDS_QUOTES = /[",\r\n]|^\s|\s$/;

/** Writes values, which come in batches, as one JSON array with a line for each. */
export async function writeJsonArray(
  output: Output,
  batches: AsyncIterable<readonly unknown[]>,
): Promise<void> {
  let before = "[\n";
  for await (const batch of batches) {
    if (batch.length === 0) continue;
    await output.write(before + batch.map((value) => `  ${jsonText(value)}`).join(",\n"));
    before = ",\n";
  }
  await output.write(before === ",\n" ? "\n]\n" : "[]\n");
}

/** Writes rows, which come in batches, as CSV with a header. */
export async function writeCsv(
  output: Output,
  header: readonly string[],
  batches: AsyncIterable<readonly (readonly unknown[])[]>,
): Promise<void> {
  await output.write(csvLine(header));
  for await (const batch of batches) {
    if (batch.length > 0) await output.write(batch.map(csvLine).join(""));
  }
}

/**
 * A record as RFC 4180 has it, but for its end, which is a line feed as in DuckDB's and psql's CSV. Missing values are
 * empty, empty text is `""`; lists and structs are JSON.
 */
export function csvLine(values: readonly unknown[]): string {
  return `${values.map(csvField).join(",")}\n`;
}

function csvField(value: unknown): string {
  if (value === null || value === undefined) return "";
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  return text === "" || NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** What is said below a table: what it shows, and the columns for which there was no room. */
export function tableNotes(shown: string, hidden: readonly string[], { width, style }: LineLayout): string[] {
  const notes = hidden.length === 0 ? [shown] : [shown, `no room for: ${hidden.join(", ")}`];
  return notes.flatMap((note) => foldText(note, width)).map(style.faint);
}
