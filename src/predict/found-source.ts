import { quoteIdentifier } from "../duckdb/quote.ts";
import { readNdjson, readParquet } from "../duckdb/read-files.ts";
import type { Dialect } from "../job/dialect.ts";
import type { SourceColumn, SourceFile, SourceFormat } from "../job/resolved-job.ts";
import type { UnreadableFile } from "../run/unreadable-file.ts";
import { csvReader } from "../source/csv-reader.ts";
import { exactInteger } from "../source/read-expression.ts";
import type { CsvFiles } from "../source/source-schema.ts";
import { isIntegerType } from "../source/sql-type.ts";

/** A file of a source, and how it is read. */
export interface FoundFile {
  readonly file: SourceFile;
  /** Of CSV files. */
  readonly csv: CsvFiles | null;
  /** Rows of Parquet files, from the footer. */
  readonly rows: number | null;
  /** Columns of numbers that other files have in another type, with the type that this Parquet file has. */
  readonly mixedNumbers: ReadonlyMap<string, string>;
}

/** The files to predict for, and the columns that they share. */
export interface FoundSource {
  readonly format: SourceFormat;
  /** Of CSV files. */
  readonly dialect: Dialect | null;
  /** In canonical order, at least one. */
  readonly files: readonly FoundFile[];
  /** What all files have, in the order of the first. Of files with numbers of several types it is a DOUBLE. */
  readonly columns: readonly SourceColumn[];
  /** Columns that not all files have alike: they are not written. */
  readonly leftOut: readonly string[];
}

/** The files of a source, each a partition of its own, that can be read as far as their beginnings tell. */
export interface FoundFiles {
  /** Those that can be read; null where there is none. */
  readonly source: FoundSource | null;
  readonly unreadable: readonly UnreadableFile[];
}

/**
 * SQL that reads files of a source: the shared columns as they lie there, those of text as text and empty text apart
 * from NULL; `file_index`, which counts the files; and, of Parquet alone, `file_row_number`, a double that numbers the
 * rows in canonical order. Scanned alone it gives them in that order.
 */
export function foundRows(source: FoundSource, files: readonly FoundFile[] = source.files): string {
  const names = source.columns.map((column) => quoteIdentifier(column.name));
  if (source.format === "parquet") return parquetRows(files, names);
  return `(select ${[...names, "file_index"].join(", ")} from ${textReader(source, files)})`;
}

function textReader({ format, dialect, columns }: FoundSource, files: readonly FoundFile[]): string {
  const found = files.map(({ file }) => file);
  if (format === "ndjson") {
    return readNdjson(
      found.map((file) => file.path),
      columns.map((column) => column.name),
    );
  }
  const groups = neighbours(files, ({ csv }) => JSON.stringify({ ...csv, fileCount: 1 })).map((group) => {
    return { ...group[0]!.csv!, fileCount: group.length };
  });
  // What stands for NULL is written as it was read, and is NULL for the models only.
  const written = { ...dialect!, nullTexts: [] };
  return csvReader({ files: found, dialect: written, groups }, () => "VARCHAR", true);
}

function parquetRows(files: readonly FoundFile[], names: readonly string[]): string {
  const groups = neighbours(files, ({ mixedNumbers }) => JSON.stringify([...mixedNumbers]));
  // Not the rows before a file, which would be a list that DuckDB copies for every 2,048 rows.
  const stride = files.reduce((most, { rows }) => Math.max(most, rows ?? 0), 1);
  let first = 0;
  const selects = groups.map((group) => {
    const { mixedNumbers } = group[0]!;
    const casts = [...mixedNumbers].map(
      ([name, type]) => `${asDouble(name, type)} as ${quoteIdentifier(name)}`,
    );
    const replaced = casts.length === 0 ? "" : ` replace (${casts.join(", ")})`;
    const index = first === 0 ? "file_index" : `file_index + ${first}`;
    const position = `((${index})::double * ${stride} + file_row_number)`;
    first += group.length;
    const reader = readParquet(group.map(({ file }) => file.path));
    const columns = [...names, `${index} as file_index`, `${position} as file_row_number`].join(", ");
    if (replaced === "") return `select ${columns} from ${reader}`;
    return `select ${columns} from (select *${replaced}, file_index, file_row_number from ${reader})`;
  });
  return `(${selects.join(" union all ")})`;
}

function asDouble(name: string, sqlType: string): string {
  return isIntegerType(sqlType) ? exactInteger(name, sqlType) : `${quoteIdentifier(name)}::DOUBLE`;
}

/** Parts of a list in which neighbours have the same key. */
function neighbours<Item>(items: readonly Item[], keyOf: (item: Item) => string): Item[][] {
  const groups: Item[][] = [];
  let lastKey: string | null = null;
  for (const item of items) {
    const key = keyOf(item);
    if (key === lastKey) groups.at(-1)!.push(item);
    else groups.push([item]);
    lastKey = key;
  }
  return groups;
}
