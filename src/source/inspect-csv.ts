import type { Connection } from "../duckdb/duckdb.ts";
import { readCsv, sniffCsv } from "../duckdb/read-files.ts";
import { ManyfitError } from "../errors.ts";
import type { Dialect } from "../job/dialect.ts";
import type { SourceFile } from "../job/resolved-job.ts";
import { readErrorFrom } from "./read-error.ts";
import { readHeader } from "./read-header.ts";
import { isNumericType, type SourceSchema } from "./source-schema.ts";
import { fieldTypeOf } from "./sql-type.ts";

/** As many rows as the sniffer looks at. */
const CHECKED_ROWS = 20_480;

interface SniffedCsv {
  readonly [column: string]: string | readonly { readonly name: string; readonly type: string }[];
  readonly Delimiter: string;
  readonly Quote: string;
  readonly Escape: string;
  readonly Columns: readonly { readonly name: string; readonly type: string }[];
}

/**
 * Dialect and column types from the largest file, which is the least likely to be a header and no rows; column names
 * from every file's own header: all files must have the same names in the same order. A column without a name gets
 * one from its place: `column0`.
 */
export async function inspectCsv(
  files: readonly SourceFile[],
  connection: Connection,
): Promise<Extract<SourceSchema, { format: "csv" }>> {
  const first = files[0]!;
  if (first.bytes === 0) {
    throw new ManyfitError("source_empty", `${first.path}: is empty; a CSV needs a line of column names`);
  }
  const largest = files.reduce((a, b) => (b.bytes > a.bytes ? b : a));
  const sniffed = await sniff(largest.path, connection);
  const dialect: Dialect = {
    delimiter: sniffed.Delimiter,
    // A sample without quotes does not mean that no row has them.
    quote: sniffed.Quote.length === 1 ? sniffed.Quote : '"',
    escape: sniffed.Escape.length === 1 ? sniffed.Escape : '"',
    decimal: ".",
    comment: null,
    nullTexts: [],
  };
  const names = await readHeader(first.path, dialect);
  await checkRows(files, connection, { names, dialect });
  if (names.length !== sniffed.Columns.length) {
    throw new ManyfitError(
      "source_unreadable",
      `${first.path}: its first line names ${names.length} columns, the rows of ${largest.path} have ${sniffed.Columns.length}`,
    );
  }
  for (const file of files.slice(1)) await checkHeader(file.path, names, dialect);
  const columns = names.map((name, i) => {
    const sqlType = sniffed.Columns[i]!.type;
    const isNamed = name !== "";
    const isNumeric = isNumericType(sqlType);
    const fieldType = fieldTypeOf(sqlType);
    return {
      name: isNamed ? name : `column${i}`,
      sqlType,
      foundType: sqlType,
      isNumeric,
      fieldType,
      isNamed,
    };
  });
  return { format: "csv", files, columns, dialect };
}

async function sniff(path: string, connection: Connection): Promise<SniffedCsv> {
  const sql = `select Delimiter, Quote, Escape, Columns from ${sniffCsv(path)}`;
  const rows = await connection.rows<SniffedCsv>(sql).catch((error: unknown) => {
    throw readErrorFrom(error, path);
  });
  return rows[0]!;
}

/** A header of one name with one of these in it was not taken apart. */
const DELIMITERS = [",", ";", "\t", "|"];

/**
 * Throws where the first rows do not have the header's columns, naming the line, and where there are no rows at all.
 * The sniffer takes a file with one ragged row for one of a single column.
 */
async function checkRows(
  files: readonly SourceFile[],
  connection: Connection,
  { names, dialect }: { readonly names: readonly string[]; readonly dialect: Dialect },
): Promise<void> {
  const missed =
    names.length === 1 ? DELIMITERS.find((delimiter) => names[0]!.includes(delimiter)) : undefined;
  const delimiter = missed ?? dialect.delimiter;
  const count = missed === undefined ? names.length : names[0]!.split(missed).length;
  const columns = Array.from({ length: count }, (_, i): [string, string] => [`column${i}`, "VARCHAR"]);
  const paths = files.map((file) => file.path);
  const reader = readCsv(paths, { ...dialect, delimiter, columns });
  try {
    const rows = await connection.rows<{ one: number }>(
      `select 1 as one from ${reader} limit ${CHECKED_ROWS}`,
    );
    if (rows.length > 0) return;
  } catch (error) {
    throw readErrorFrom(error, paths[0]!);
  }
  throw new ManyfitError(
    "source_empty",
    `${paths[0]!}: has a header and no rows; there is nothing to train on`,
  );
}

async function checkHeader(path: string, expected: readonly string[], dialect: Dialect): Promise<void> {
  const names = await readHeader(path, dialect);
  const isSame = names.length === expected.length && names.every((name, i) => name === expected[i]);
  if (isSame) return;
  const missing = expected.filter((name) => !names.includes(name));
  const extra = names.filter((name) => !expected.includes(name));
  const differences = [
    missing.length > 0 ? `it lacks ${namesText(missing)}` : "",
    extra.length > 0 ? `it has ${namesText(extra)} besides` : "",
    missing.length + extra.length === 0 ? "the order of its columns differs" : "",
  ].filter((text) => text !== "");
  throw new ManyfitError(
    "source_unreadable",
    `${path}: its columns are not those of the first file: ${differences.join("; ")}; all files of a source need the same header`,
  );
}

/** At most five names, none longer than a line can bear. */
function namesText(names: readonly string[]): string {
  const shown = names
    .slice(0, 5)
    .map((name) => JSON.stringify(name.length > 40 ? `${name.slice(0, 40)}…` : name));
  return shown.join(", ") + (names.length > shown.length ? ` and ${names.length - shown.length} more` : "");
}
