import type { Connection } from "../duckdb/duckdb.ts";
import { quoteTextList } from "../duckdb/quote.ts";
import { ManyfitError } from "../errors.ts";
import type { SourceFile } from "../job/resolved-job.ts";
import { readErrorFrom } from "./read-error.ts";
import { isNumericType, type SourceSchema } from "./source-schema.ts";

/** Names under which DuckDB tells a row's place; a column of that name would hide it. */
const POSITION_COLUMNS = ["file_index", "file_row_number"];

interface ColumnOfFile {
  readonly [column: string]: string;
  readonly file: string;
  readonly name: string;
  readonly type: string;
}

/** Columns and row counts from the files' footers. All files must have the first one's columns, in the same types. */
export async function inspectParquet(
  files: readonly SourceFile[],
  connection: Connection,
): Promise<Extract<SourceSchema, { format: "parquet" }>> {
  const first = files[0]!.path;
  const list = quoteTextList(files.map((file) => file.path));
  const described = await connection
    .rows<{ column_name: string; column_type: string }>(
      `select column_name, column_type from (describe select * from read_parquet(${quoteTextList([first])}))`,
    )
    .catch((error: unknown) => {
      throw readErrorFrom(error, first);
    });
  const columns = described.map(({ column_name: name, column_type: sqlType }) => {
    if (POSITION_COLUMNS.includes(name.toLowerCase())) {
      throw new ManyfitError(
        "source_unreadable",
        `${first}: column "${name}" has a reserved name; rename it`,
      );
    }
    return { name, sqlType, isNumeric: isNumericType(sqlType) };
  });
  try {
    await checkSameColumns(files, list, connection);
    const counts = await connection.rows<{ file_name: string; num_rows: number }>(
      `select file_name, num_rows::double as num_rows from parquet_file_metadata(${list})`,
    );
    const rowsOf = new Map(counts.map((row) => [row.file_name, row.num_rows]));
    return { format: "parquet", files, columns, fileRows: files.map((file) => rowsOf.get(file.path)!) };
  } catch (error) {
    throw readErrorFrom(error, first);
  }
}

async function checkSameColumns(
  files: readonly SourceFile[],
  list: string,
  connection: Connection,
): Promise<void> {
  if (files.length === 1) return;
  const rows = await connection.rows<ColumnOfFile>(
    `select file_name as file, name, concat_ws(' ', type, converted_type, logical_type) as type
     from parquet_schema(${list}) where type is not null`,
  );
  const byFile = new Map<string, Map<string, string>>();
  for (const { file, name, type } of rows) {
    if (!byFile.has(file)) byFile.set(file, new Map());
    byFile.get(file)!.set(name, type);
  }
  const expected = byFile.get(files[0]!.path)!;
  for (const { path } of files.slice(1)) checkColumnsOf(path, byFile.get(path)!, expected);
}

function checkColumnsOf(
  path: string,
  found: ReadonlyMap<string, string>,
  expected: ReadonlyMap<string, string>,
): void {
  for (const [name, type] of expected) {
    if (found.get(name) === type) continue;
    const difference = found.has(name)
      ? `column "${name}" is ${found.get(name)}, in the first file it is ${type}`
      : `column "${name}" is missing`;
    throw new ManyfitError(
      "source_unreadable",
      `${path}: ${difference}; all files of a source need the same columns in the same types`,
    );
  }
}
