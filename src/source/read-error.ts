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

/** Ends what an error says of a value, with the index of its file, for {@link readErrorFrom}. */
const FILE_MARK = / \[file (\d+)\]/;

/** SQL for what an error of a query over several files ends with, where `file_index` is at hand. */
export const FILE_MARK_SQL = "' [file ', file_index, ']'";

/**
 * What DuckDB said about reading some files, in one line that names file, line and column where it can; where it does not
 * say which of several files it was, that is said.
 */
export function readErrorFrom(error: unknown, paths: readonly string[]): ManyfitError {
  if (error instanceof ManyfitError) return error;
  const said = error instanceof Error ? error.message : String(error);
  const message = said.replace(FILE_MARK, "");
  const marked = FILE_MARK.exec(said)?.[1];
  const path = (marked === undefined ? undefined : paths[Number(marked)]) ?? anyOf(paths);
  if (message.startsWith("Out of Memory Error")) {
    const text = `${path}: reading needs more memory than there is; give more with --memory, name fewer --features, or filter rows with --where`;
    return new ManyfitError("memory_exceeded", text, { cause: error });
  }
  const file = CSV_FILE.exec(message)?.[1] ?? path;
  const line = CSV_LINE.exec(message)?.[1];
  const place = line === undefined ? file : `${file}, line ${line}`;
  return new ManyfitError("source_unreadable", `${place}: ${causeOf(message)}`, { cause: error });
}

function anyOf(paths: readonly string[]): string {
  const [first = "the source"] = paths;
  return paths.length > 1 ? `one of ${paths.length} files, the first of which is ${first}` : first;
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
  if (/not possible to automatically detect the CSV parsing dialect/.test(message)) {
    return "how its lines are told apart into fields cannot be found out: some end in another way than others, have other numbers of fields, or a quote that is not closed; mend it, or tell --delimiter";
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
