import { quoteIdentifier } from "../duckdb/quote.ts";
import { readCsv, readInTurn } from "../duckdb/read-files.ts";
import { commaNumber, isCommaNumber } from "./decimal-comma.ts";
import type { CsvSchema } from "./source-schema.ts";

/** CSV files, and how they are read. */
type CsvFilesToRead = Pick<CsvSchema, "files" | "dialect" | "groups">;

/**
 * SQL that reads all files of a schema in their order, columns by name whatever their places. `typeOf` gives the DuckDB
 * type that a column has. Scanned alone it gives the rows in order. It has the columns that no file lacks, and
 * `file_index`.
 */
export function csvReader(
  schema: CsvFilesToRead,
  typeOf: (name: string) => string,
  keepsEmptyText = false,
): string {
  const names = commonNames(schema);
  const isComma = (name: string): boolean => isCommaNumber(schema.dialect, typeOf(name));
  if (!names.some(isComma)) return nativeCsvReader(schema, typeOf, keepsEmptyText);
  const readType = (name: string): string => (isComma(name) ? "VARCHAR" : typeOf(name));
  const columns = names.map((name) =>
    isComma(name) ? `${commaNumber(name)} as ${quoteIdentifier(name)}` : quoteIdentifier(name),
  );
  return `(select ${[...columns, "file_index"].join(", ")} from ${nativeCsvReader(schema, readType, keepsEmptyText)})`;
}

/**
 * A {@link csvReader} that leaves all to DuckDB: it says of a field that is not of its type in which file and line it is,
 * but reads some numbers with decimal commas wrong.
 */
export function nativeCsvReader(
  schema: CsvFilesToRead,
  typeOf: (name: string) => string,
  keepsEmptyText = false,
): string {
  const { files, dialect, groups } = schema;
  let first = 0;
  const readers = groups.map(({ fileCount, names, skip, hasComments, newLine }) => {
    const paths = files.slice(first, first + fileCount).map((file) => file.path);
    first += fileCount;
    const comment = hasComments ? dialect.comment : null;
    const columns = names.map((name): [string, string] => [name, typeOf(name)]);
    return {
      sql: readCsv(paths, { ...dialect, comment, skip, newLine, columns, keepsEmptyText }),
      fileCount,
    };
  });
  return readInTurn(readers, commonNames(schema));
}

/** The columns that no file lacks, in the order of the first. */
export function commonNames({ groups }: Pick<CsvSchema, "groups">): string[] {
  const [first, ...others] = groups;
  const namesOfOthers = others.map(({ names }) => new Set(names));
  return first!.names.filter((name) => namesOfOthers.every((names) => names.has(name)));
}
