import { ManyfitError } from "../errors.ts";

const CSV_LINE = /CSV Error on Line: (\d+)/;
const CSV_FILE = /^ {2}file = (.*)$/m;
const CSV_CONVERSION = /Error when converting column "(.*)"\. Could not convert string "(.*)" to '(.*)'/;
const CSV_COLUMNS = /Expected Number of Columns: (\d+) Found: (\d+)/;

/** What DuckDB said about reading files, in one line that names file, line and column where it can. */
export function readErrorFrom(error: unknown, path: string): ManyfitError {
  if (error instanceof ManyfitError) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (message.startsWith("Out of Memory Error")) {
    const text = `${path}: reading needs more memory than there is; name fewer --features or filter rows with --where`;
    return new ManyfitError("memory_exceeded", text, { cause: error });
  }
  const file = CSV_FILE.exec(message)?.[1] ?? path;
  const line = CSV_LINE.exec(message)?.[1];
  const place = line === undefined ? file : `${file}, line ${line}`;
  return new ManyfitError("source_unreadable", `${place}: ${causeOf(message)}`, { cause: error });
}

function causeOf(message: string): string {
  const conversion = CSV_CONVERSION.exec(message);
  if (conversion) {
    const [, column, value, type] = conversion;
    const kind = type === "DOUBLE" ? "a number" : `of type ${type}`;
    return `column "${column}" has ${JSON.stringify(value)}, which is not ${kind}; mend the row, or leave the column out`;
  }
  const columns = CSV_COLUMNS.exec(message);
  if (columns) return `the row has ${columns[2]} fields, ${columns[1]} are expected; mend the row`;
  if (/unicode|utf-?8/i.test(message)) {
    return "it is not UTF-8 text; convert it, for instance with iconv -f latin1 -t utf-8";
  }
  const lines = message
    .split("\n")
    .filter((line) => line !== "" && !/^(.*CSV Error on Line|Original Line)/.test(line));
  return (lines[0] ?? message).slice(0, 300).replace(/^[A-Z][A-Za-z ]* Error: /, "");
}
