import { quoteIdentifier, quoteText, quoteTextList } from "./quote.ts";

/**
 * Paths of files that exist, as an SQL list of patterns that match nothing else: to DuckDB every path is a pattern,
 * so `s[12].csv` would read `s1.csv`.
 */
export function quotePaths(paths: readonly string[]): string {
  return quoteTextList(paths.map(literalPattern));
}

function literalPattern(path: string): string {
  return path.replace(/[*?[]/g, "[$&]");
}

/**
 * SQL that reads Parquet files. Without a word DuckDB would take a folder called `a=b` for a column of a Hive table,
 * and put it in the place of the file's own.
 */
export function readParquet(paths: readonly string[]): string {
  return `read_parquet(${quotePaths(paths)}, hive_partitioning = false)`;
}

/** How CSV files are to be read: nothing is left to be detected. */
export interface CsvReading {
  readonly delimiter: string;
  readonly quote: string;
  readonly escape: string;
  /** Stands before the fraction of a number. Default: a point. */
  readonly decimal?: "." | ",";
  /**
   * Begins a comment, in the midst of a line too, and must not come together with `skip`: DuckDB loses rows then.
   * Default: nothing does.
   */
  readonly comment?: string | null;
  /** Fields that are NULL beside the empty one. Default: none. */
  readonly nullTexts?: readonly string[];
  /** Lines before the header; comments count only where no `comment` is told. Default: 0. */
  readonly skip?: number;
  /**
   * What ends lines: LF or CR LF. Default: it is found out, by the first line end, which is the wrong one where a column
   * name has another: no row is read then, and nothing said. Bare CR is always found out.
   */
  readonly newLine?: string | null;
  /** DuckDB types by column name, in the order of the file. */
  readonly columns: readonly (readonly [name: string, sqlType: string])[];
  /** Whether `""` is an empty text; else it is NULL, as an empty field is. Default: false. */
  readonly keepsEmptyText?: boolean;
  /** Whether bytes that are not UTF-8 are let pass, as other letters. Default: false. */
  readonly isAnyText?: boolean;
}

/** SQL that reads CSV files, plain or gzip, that begin with a header. */
export function readCsv(paths: readonly string[], reading: CsvReading): string {
  const { delimiter, quote, skip = 0, newLine = null, keepsEmptyText = false, isAnyText = false } = reading;
  const columns = reading.columns.map(([name, type]) => `${quoteText(name)}: ${quoteText(type)}`).join(", ");
  const options = [
    "hive_partitioning = false, auto_detect = false, header = true",
    `delim = ${quoteText(delimiter)}, quote = ${quoteText(quote)}, escape = ${quoteText(reading.escape)}`,
    `allow_quoted_nulls = ${!keepsEmptyText}`,
    ...dialectOptions(reading),
    ...(skip > 0 ? [`skip = ${skip}`] : []),
    ...(newLine === "\n" ? ["new_line = '\\n'"] : newLine === "\r\n" ? ["new_line = '\\r\\n'"] : []),
    ...(isAnyText ? ["encoding = 'latin-1'"] : []),
  ];
  return `read_csv(${quotePaths(paths)}, ${options.join(", ")}, columns = {${columns}})`;
}

function dialectOptions({
  decimal = ".",
  comment = null,
  nullTexts = [],
}: Pick<CsvReading, "decimal" | "comment" | "nullTexts">): string[] {
  return [
    ...(decimal === "." ? [] : [`decimal_separator = ${quoteText(decimal)}`]),
    ...(comment === null ? [] : [`comment = ${quoteText(comment)}`]),
    ...(nullTexts.length === 0 ? [] : [`nullstr = ${quoteTextList(["", ...nullTexts])}`]),
  ];
}

/** What is known of a CSV file before its first rows are looked at. */
export interface CsvSniffing extends Pick<CsvReading, "decimal" | "comment" | "nullTexts" | "skip"> {
  /** Null: it is found out. */
  readonly delimiter: string | null;
  /** Whether bytes that are not UTF-8 are let pass. */
  readonly isAnyText: boolean;
}

/**
 * SQL that finds out delimiter, quotes and column types of a CSV file from its first rows. Dates are those that are
 * written as `2024-02-13`: which part of `01/02/2024` is the month nobody knows.
 */
export function sniffCsv(path: string, sniffing: CsvSniffing): string {
  const { delimiter, comment = null, skip = 0, isAnyText } = sniffing;
  const options = [
    "header = true, hive_partitioning = false, dateformat = '%Y-%m-%d'",
    ...(delimiter === null ? [] : [`delim = ${quoteText(delimiter)}`]),
    ...dialectOptions(sniffing),
    ...(comment === null ? ["comment = ''"] : []),
    ...(skip > 0 ? [`skip = ${skip}`] : []),
    ...(isAnyText ? ["encoding = 'latin-1'"] : []),
  ];
  return `sniff_csv(${quoteText(literalPattern(path))}, ${options.join(", ")})`;
}

/**
 * SQL that reads fields of NDJSON files, plain or gzip, as text: whole numbers as they are written, others as the
 * shortest text of their double, anything nested as JSON, NULL where a line lacks the field. Names count by case.
 */
export function readNdjson(paths: readonly string[], names: readonly string[]): string {
  // Without a column nothing could be read, and so not counted.
  const read = names.length > 0 ? names : ["file"];
  const columns = read.map((name) => `${quoteText(name)}: 'VARCHAR'`).join(", ");
  return `read_json(${quotePaths(paths)}, ${NDJSON_OPTIONS}, columns = {${columns}})`;
}

const NDJSON_OPTIONS = "format = 'newline_delimited', records = true, hive_partitioning = false";

/** SQL that describes the fields of an NDJSON file by its first `rows` lines, as `column_name` and `column_type`. */
export function describeNdjson(path: string, rows: number): string {
  // Else objects with many fields, or with fields that most lines lack, are taken for maps.
  const options = `map_inference_threshold = -1, field_appearance_threshold = 0, sample_size = ${rows}`;
  const reader = `read_json(${quoteText(literalPattern(path))}, ${NDJSON_OPTIONS}, ${options})`;
  return `(describe select * from ${reader})`;
}

/** SQL that reads the lines of NDJSON files, each as one value of JSON in the column `json`. */
export function readJsonLines(paths: readonly string[]): string {
  return `read_ndjson_objects(${quotePaths(paths)}, hive_partitioning = false)`;
}

/** SQL that reads what several readers read, one after the other; `file_index` goes on from one to the next. */
export function readInTurn(
  readers: readonly { readonly sql: string; readonly fileCount: number }[],
  names: readonly string[],
): string {
  if (readers.length === 1) return readers[0]!.sql;
  const columns = names.map(quoteIdentifier).join(", ");
  let first = 0;
  const selects = readers.map(({ sql, fileCount }) => {
    const select = `select ${columns}, file_index + ${first} as file_index from ${sql}`;
    first += fileCount;
    return select;
  });
  return `(${selects.join(" union all ")})`;
}
