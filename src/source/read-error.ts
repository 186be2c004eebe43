import { ManyfitError } from "../errors.ts";
import { ABSENCES } from "./sample-fields.ts";

const CSV_LINE = /CSV Error on Line: (\d+)/;
/** A name may have several lines. */
const CSV_FILE = /^ {2}file = ([\s\S]*?)\n {2}\w+ = /m;
/** Bytes that are not UTF-8 may have swallowed the quote behind them. */
const CSV_CONVERSION =
  /Error when converting column "(.*)"\. Could not convert string "([\s\S]*?)("?) to '([A-Z][^'\n]*)'/;
const CSV_COLUMNS = /Expected Number of Columns: (\d+) Found: (\d+)/;
const CSV_TEXT = /^Original Line: (.*)$/m;

const NOT_UTF8 = "is not UTF-8 text; convert it, for instance with iconv -f latin1 -t utf-8";

/** What DuckDB said about reading files, in one line that names file, line and column where it can. */
export function readErrorFrom(error: unknown, path: string): ManyfitError {
  if (error instanceof ManyfitError) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (message.startsWith("Out of Memory Error")) {
    const text = `${path}: reading needs more memory than there is; give more with --memory, name fewer --features, or filter rows with --where`;
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
    const [, column, value, closingQuote, type] = conversion;
    if (closingQuote === "") return `column "${column}" ${NOT_UTF8}`;
    const kind = type === "DOUBLE" ? "a number" : `of type ${type}`;
    const advice = type === "DOUBLE" ? adviceOnNumber(value!) : null;
    return `column "${column}" has ${JSON.stringify(value)}, which is not ${kind}; ${advice ?? "mend the row, or leave the column out"}`;
  }
  const columns = CSV_COLUMNS.exec(message);
  if (columns) {
    const isComment = CSV_TEXT.exec(message)?.[1]?.startsWith("#") === true;
    const advice = isComment ? "if it is a comment, tell --comment '#'" : "mend the row";
    return `the row has ${columns[2]} fields, ${columns[1]} are expected; ${advice}`;
  }
  if (/unicode|utf-?8/i.test(message)) {
    return `it ${NOT_UTF8}`;
  }
  if (/state machine reached an invalid state/.test(message)) {
    return "its lines cannot be told apart: some end in another way than others, or something follows a closing quote; mend it";
  }
  const lines = message
    .split("\n")
    .filter((line) => line !== "" && !/^(.*CSV Error on Line|Original Line)/.test(line));
  return (lines[0] ?? message).slice(0, 300).replace(/^[A-Z][A-Za-z ]* Error: /, "");
}

/** What can be told of the dialect, so that a field would be a number or NULL; null where it is just wrong. */
function adviceOnNumber(value: string): string | null {
  if (ABSENCES.includes(value)) return `if it stands for no value, tell --null-text '${value}'`;
  if (/^ *[+-]?\d*,\d+ *$/.test(value)) return "if the comma stands before its fraction, tell --decimal ,";
  return /^ *[+-]?\d*[.]\d+ *$/.test(value)
    ? "if the point stands before its fraction, tell --decimal ."
    : null;
}
