import type { Connection } from "../duckdb/duckdb.ts";
import { readCsv } from "../duckdb/read-files.ts";
import { ManyfitError } from "../errors.ts";
import type { Dialect, ToldDialect } from "../job/dialect.ts";
import type { SourceColumn, SourceFile } from "../job/resolved-job.ts";
import { checkContent } from "./check-content.ts";
import { compareNames } from "./compare-names.ts";
import { groupCsvFiles } from "./csv-files.ts";
import { csvReader } from "./csv-reader.ts";
import { type FoundDialect, findDialect } from "./find-dialect.ts";
import { readErrorFrom } from "./read-error.ts";
import { readCsvHeader } from "./read-header.ts";
import { type FieldCounts, SAMPLE_ROWS, sampleFields } from "./sample-fields.ts";
import { type CsvFiles, type CsvSchema, isNumericType } from "./source-schema.ts";
import { fieldTypeOf } from "./sql-type.ts";

/**
 * Dialect and column types from the largest file, which is the least likely to be a header and no rows; column names
 * from every file's own header. What was told is not found out.
 */
export async function inspectCsv(
  files: readonly SourceFile[],
  told: ToldDialect,
  connection: Connection,
): Promise<CsvSchema> {
  const first = files[0]!;
  if (first.bytes === 0) {
    throw new ManyfitError("source_empty", `${first.path}: is empty; a CSV needs a line of column names`);
  }
  const largest = files.reduce((a, b) => (b.bytes > a.bytes ? b : a));
  checkContent(largest.path, "csv");
  const { dialect, types, isAnyText } = await findDialect(largest.path, told, connection);
  const groups = await groupCsvFiles(files, dialect, told.comment !== null);
  const ofLargest = groupOf(groups, files.indexOf(largest));
  const found = { dialect, groups };
  await checkRows(files, found, connection);
  if (ofLargest.names.length !== types.length) {
    throw new ManyfitError(
      "source_unreadable",
      `${largest.path}: its first line names ${ofLargest.names.length} columns, its rows have ${types.length}`,
    );
  }
  const settled = await settleNumbers(
    largest,
    { dialect, types, isAnyText, group: ofLargest },
    { told, connection },
  );
  const { names, differences } = compareNames(files, groups);
  const unnamed = new Set((await readCsvHeader(largest.path, dialect)).fields.flatMap(placeOfUnnamed));
  const byName = new Map(ofLargest.names.map((name, i) => [name, settled.columns[i]!]));
  const columns = names.map((name): SourceColumn => {
    const { sqlType, nearNumber } = byName.get(name) ?? { sqlType: "VARCHAR", nearNumber: null };
    const type = { sqlType, foundType: sqlType, isNumeric: isNumericType(sqlType) };
    const near = nearNumber === null ? {} : { nearNumber };
    return { name, ...type, fieldType: fieldTypeOf(sqlType), isNamed: !unnamed.has(name), ...near };
  });
  return { format: "csv", files, columns, differences, dialect: settled.dialect, groups };
}

function placeOfUnnamed(name: string, place: number): string[] {
  return name === "" ? [`column${place}`] : [];
}

function groupOf(groups: readonly CsvFiles[], file: number): CsvFiles {
  let end = 0;
  for (const group of groups) {
    end += group.fileCount;
    if (file < end) return group;
  }
  throw new ManyfitError("internal", `no group has file ${file}`);
}

/** A header of one name with one of these in it was not taken apart. */
const DELIMITERS = [",", ";", "\t", "|"];

/**
 * Throws where the first rows do not have the header's columns, naming the line, and where there are no rows at all.
 * The sniffer takes a file with one ragged row for one of a single column.
 */
async function checkRows(
  files: readonly SourceFile[],
  { dialect, groups }: { readonly dialect: Dialect; readonly groups: readonly CsvFiles[] },
  connection: Connection,
): Promise<void> {
  const asText = groups.map((group) => ({
    ...group,
    names: group.names.flatMap((name) => taken(name, group)),
  }));
  const missed = missedDelimiter(groups[0]!.names);
  const schema = { files, dialect: { ...dialect, delimiter: missed ?? dialect.delimiter }, groups: asText };
  const reader = csvReader(schema, () => "VARCHAR");
  try {
    const rows = await connection.rows<{ one: number }>(
      `select 1 as one from ${reader} limit ${SAMPLE_ROWS}`,
    );
    if (rows.length > 0) return;
  } catch (error) {
    throw readErrorFrom(
      error,
      files.map((file) => file.path),
    );
  }
  const text = `${files[0]!.path}: has a header and no rows; there is nothing to train on`;
  throw new ManyfitError("source_empty", text);
}

function missedDelimiter(names: readonly string[]): string | undefined {
  return names.length === 1 ? DELIMITERS.find((delimiter) => names[0]!.includes(delimiter)) : undefined;
}

/** A name, or as many as it was not taken apart into. */
function taken(name: string, { names }: CsvFiles): string[] {
  const missed = missedDelimiter(names);
  return missed === undefined ? [name] : name.split(missed).map((_, i) => `column${i}`);
}

/** What a column was found to be. */
interface SettledColumn {
  readonly sqlType: string;
  /** See `SourceColumn.nearNumber`. */
  readonly nearNumber: string | null;
}

/**
 * Settles what stands before fractions, where nobody told it: a comma where the fields are not told apart by it, some
 * column has nothing but numbers with commas, one of which cannot be a thousand (`1,5`, `0,123`), and no column of
 * numbers has a point. So `1,234` alone stays text: it may be either.
 */
async function settleNumbers(
  { path }: SourceFile,
  found: FoundDialect & { readonly group: CsvFiles },
  { told, connection }: { readonly told: ToldDialect; readonly connection: Connection },
): Promise<{ readonly dialect: Dialect; readonly columns: readonly SettledColumn[] }> {
  const { dialect, types, isAnyText, group } = found;
  const columns = types.map((_, i): [string, string] => [`c${i}`, "VARCHAR"]);
  const comment = group.hasComments ? dialect.comment : null;
  const reader = readCsv([path], {
    ...dialect,
    comment,
    skip: group.skip,
    newLine: group.newLine,
    columns,
    isAnyText,
  });
  const places = types.flatMap((type, i) => (type === "VARCHAR" || type === "DOUBLE" ? [i] : []));
  const counts = await sampleFields(reader, places, connection).catch((error: unknown) => {
    throw readErrorFrom(error, [path]);
  });
  const isUnsure = told.decimal === null && dialect.delimiter !== ",";
  const decimal = isUnsure && hasDecimalCommas([...counts.values()]) ? "," : dialect.decimal;
  return {
    dialect: { ...dialect, decimal },
    columns: types.map((type, i) => settledColumn(type, counts.get(i), decimal)),
  };
}

function hasDecimalCommas(counts: readonly FieldCounts[]): boolean {
  const numbers = counts.filter(({ others }) => others === 0);
  return numbers.some(({ fractions }) => fractions > 0) && numbers.every(({ points }) => points === 0);
}

function settledColumn(
  type: string,
  counts: FieldCounts | undefined,
  decimal: Dialect["decimal"],
): SettledColumn {
  const plain = { sqlType: settledType(type, counts), nearNumber: null };
  if (type !== "VARCHAR" || counts === undefined || counts.others > 0) return plain;
  const { numbers, points, commas, absence, comma, number } = counts;
  if (numbers + commas === 0) return plain;
  const isMixed = decimal === "," && points > 0;
  if (absence === null && commas > 0 && decimal === "," && !isMixed)
    return { sqlType: "DOUBLE", nearNumber: null };
  return { sqlType: type, nearNumber: absence ?? comma ?? number };
}

/**
 * The type of a column where the sniffer's would lose something: an integer of more than 64 bits is a double to it, and
 * a time without an offset does not mean that no row has one.
 */
function settledType(type: string, counts: FieldCounts | undefined): string {
  const isInteger = counts !== undefined && counts.integers > 0 && counts.integers === counts.numbers;
  if (type === "DOUBLE" && isInteger && counts.commas + counts.others === 0) return "HUGEINT";
  return type === "TIMESTAMP" ? "TIMESTAMP WITH TIME ZONE" : type;
}
