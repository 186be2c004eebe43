import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { ManyfitError } from "../errors.ts";
import { readErrorFrom } from "./read-error.ts";

/** Characters of a line or value that a message shows. */
const SHOWN = 60;

/**
 * Why NDJSON files could not be read, naming file and line. DuckDB miscounts lines, so the files are read once more,
 * up to the first line that is no JSON object or has a value that is not of the type (in DuckDB's words) that `types`
 * gives its column.
 */
export async function explainNdjson(
  error: unknown,
  paths: readonly string[],
  types: ReadonlyMap<string, string>,
): Promise<ManyfitError> {
  if (error instanceof ManyfitError) return error;
  const known = readErrorFrom(error, paths);
  if (known.code !== "source_unreadable" || /INTERRUPT/i.test(known.message)) return known;
  for (const path of paths) {
    const problem = await firstProblem(path, types);
    if (problem === null) continue;
    return new ManyfitError("source_unreadable", `${path}${problem}`, { cause: error });
  }
  return known;
}

/** The first problem of a file, to go on after its name; null where none is found. */
async function firstProblem(path: string, types: ReadonlyMap<string, string>): Promise<string | null> {
  const file = createReadStream(path);
  const text: Readable = path.toLowerCase().endsWith(".gz") ? file.pipe(createGunzip()) : file;
  file.once("error", (error) => text.destroy(error));
  let failure: Error | null = null;
  text.once("error", (error) => (failure = error));
  const lines = createInterface({ input: text, crlfDelay: Number.POSITIVE_INFINITY });
  let line = 0;
  try {
    for await (const content of lines) {
      line++;
      const problem = problemOf(content, line, types);
      if (problem !== null) return `, line ${line}: ${problem}`;
    }
  } finally {
    lines.close();
    file.destroy();
    text.destroy();
  }
  return failure === null ? null : `: ${(failure as Error).message}; the file is damaged or was cut short`;
}

function problemOf(line: string, number: number, types: ReadonlyMap<string, string>): string | null {
  if (line.trim() === "") return null;
  if (number === 1 && line.startsWith("\ufeff")) return "begins with a byte order mark; remove it";
  if (line.includes("\ufffd"))
    return "it is not UTF-8 text; convert it, for instance with iconv -f latin1 -t utf-8";
  const parsed = parse(line);
  if (parsed === null)
    return `is not one JSON object: ${shown(line)}; NDJSON has one a line, and nothing else`;
  for (const [name, type] of types) {
    const value = Object.hasOwn(parsed, name) ? parsed[name] : null;
    if (value === null || isOf(value, type)) continue;
    const kind = type === "DOUBLE" ? "a number" : `of type ${type}`;
    return `column "${name}" has ${shown(JSON.stringify(value))}, which is not ${kind}; mend the row, or leave the column out`;
  }
  return null;
}

function parse(line: string): Readonly<Record<string, unknown>> | null {
  try {
    // DuckDB knows these words, JSON does not.
    const value: unknown = JSON.parse(line.replace(/(:\s*)-?(nan|inf|infinity)(?=\s*[,}])/gi, "$10"));
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? (value as Readonly<Record<string, unknown>>) : null;
  } catch {
    return null;
  }
}

function isOf(value: unknown, type: string): boolean {
  if (typeof value === "object") return type === "VARCHAR";
  if (type === "DOUBLE") return typeof value === "number" || (typeof value === "string" && isNumber(value));
  if (type === "BOOLEAN")
    return typeof value === "boolean" || /^(true|false|t|f|yes|no|y|n|1|0)$/i.test(String(value));
  if (type === "DATE")
    return typeof value === "string" && /^\s*-?\d+[-/]\d+[-/]\d+( \(BC\))?\s*$/.test(value);
  if (type.startsWith("TIMESTAMP"))
    return typeof value === "string" && !Number.isNaN(Date.parse(value.replace(" ", "T")));
  return true;
}

function isNumber(text: string): boolean {
  return (
    /^\s*[+-]?(nan|inf|infinity)\s*$/i.test(text) || (text.trim() !== "" && Number.isFinite(Number(text)))
  );
}

function shown(text: string): string {
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}
