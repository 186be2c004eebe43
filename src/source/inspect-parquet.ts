import type { Connection } from "../duckdb/duckdb.ts";
import { quotePaths, readParquet } from "../duckdb/read-files.ts";
import { ManyfitError } from "../errors.ts";
import type { SourceColumn, SourceFile } from "../job/resolved-job.ts";
import { checkContent } from "./check-content.ts";
import { readErrorFrom } from "./read-error.ts";
import { type ColumnDifference, isNumericType, type ParquetSchema } from "./source-schema.ts";
import { fieldTypeOf } from "./sql-type.ts";
import { lacksColumn } from "./text/lacks-column.ts";

/** A node of a file's schema, in depth-first order. */
interface SchemaNode {
  readonly [column: string]: string | number;
  readonly file: string;
  readonly name: string;
  readonly type: string;
  readonly children: number;
}

/** What pandas calls the columns in which it keeps row numbers. */
export const PANDAS_INDEX = /^__index_level_\d+__$/;

/** Columns and row counts from the files' footers. Their order may differ; in which columns they differ is said. */
export async function inspectParquet(
  files: readonly SourceFile[],
  connection: Connection,
): Promise<ParquetSchema> {
  const first = files[0]!.path;
  for (const file of files) checkContent(file.path, "parquet");
  const list = quotePaths(files.map((file) => file.path));
  const columns = await describe(first, connection);
  try {
    const { differences, extraPaths } = await compareColumns(files, list, connection);
    for (const path of new Set(extraPaths.values())) {
      const described = await describe(path, connection);
      columns.push(...described.filter((column) => extraPaths.get(column.name) === path));
    }
    const counts = await connection.rows<{ file_name: string; num_rows: number }>(
      `select file_name, num_rows::double as num_rows from parquet_file_metadata(${list})`,
    );
    const rowsOf = new Map(counts.map((row) => [row.file_name, row.num_rows]));
    const fileRows = files.map((file) => rowsIn(file.path, rowsOf));
    return { format: "parquet", files, columns, differences, fileRows };
  } catch (error) {
    throw readErrorFrom(
      error,
      files.map((file) => file.path),
    );
  }
}

/** The columns of one file in DuckDB's types. */
async function describe(path: string, connection: Connection): Promise<SourceColumn[]> {
  const described = await connection
    .rows<{ column_name: string; column_type: string }>(
      `select column_name, column_type from (describe select * from ${readParquet([path])})`,
    )
    .catch((error: unknown) => {
      throw readErrorFrom(error, [path]);
    });
  return described.map(({ column_name: name, column_type: sqlType }) => {
    const isNamed = !PANDAS_INDEX.test(name);
    const isNumeric = isNumericType(sqlType);
    return { name, sqlType, foundType: sqlType, isNumeric, fieldType: fieldTypeOf(sqlType), isNamed };
  });
}

interface ComparedColumns {
  readonly differences: readonly ColumnDifference[];
  /** Columns that the first file lacks, each with the first file that has it. */
  readonly extraPaths: ReadonlyMap<string, string>;
}

async function compareColumns(
  files: readonly SourceFile[],
  list: string,
  connection: Connection,
): Promise<ComparedColumns> {
  if (files.length === 1) return { differences: [], extraPaths: new Map() };
  const nodes = await connection.rows<SchemaNode>(
    `select file_name as file, name, coalesce(num_children, 0)::integer as children,
       concat_ws(' ', type, converted_type, logical_type) as type
     from parquet_schema(${list})`,
  );
  const byFile = nodesByFile(nodes);
  const [first, ...others] = files.map(({ path }) => ({ path, types: columnTypes(byFile.get(path) ?? []) }));
  const extraPaths = new Map<string, string>();
  const differences = new Map<string, ColumnDifference>();
  for (const { path, types } of others) {
    for (const [column, type] of first!.types) {
      const problem = differences.has(column) ? null : problemOf(column, type, types);
      if (problem !== null) differences.set(column, { column, path, problem });
    }
    for (const column of types.keys()) {
      if (first!.types.has(column) || extraPaths.has(column)) continue;
      extraPaths.set(column, path);
      const problem = lacksColumn(column, [...first!.types.keys()]);
      differences.set(column, { column, path: first!.path, problem });
    }
  }
  return { differences: [...differences.values()], extraPaths };
}

/** In what a file's column is another one than that of the first file; null where it is the same. */
function problemOf(column: string, expected: string, types: ReadonlyMap<string, string>): string | null {
  const found = types.get(column);
  if (found === undefined) return lacksColumn(column, [...types.keys()]);
  return found === expected ? null : `column "${column}" is ${found}, in the first file it is ${expected}`;
}

function nodesByFile(nodes: readonly SchemaNode[]): Map<string, SchemaNode[]> {
  const byFile = new Map<string, SchemaNode[]>();
  for (const node of nodes) {
    const known = byFile.get(node.file);
    if (known === undefined) byFile.set(node.file, [node]);
    else known.push(node);
  }
  return byFile;
}

/** The columns of a file with their types; that of a nested column tells all that is in it. */
function columnTypes(nodes: readonly SchemaNode[]): Map<string, string> {
  const types = new Map<string, string>();
  let at = 1;
  while (at < nodes.length) {
    const { type, next } = subtree(nodes, at);
    types.set(nodes[at]!.name, type);
    at = next;
  }
  return types;
}

function subtree(nodes: readonly SchemaNode[], at: number): { type: string; next: number } {
  let { type } = nodes[at]!;
  let next = at + 1;
  for (let i = 0; i < nodes[at]!.children; i++) {
    const child = subtree(nodes, next);
    type += `{${nodes[next]!.name} ${child.type}}`;
    next = child.next;
  }
  return { type, next };
}

function rowsIn(path: string, rowsOf: ReadonlyMap<string, number>): number {
  const rows = rowsOf.get(path);
  if (rows !== undefined) return rows;
  throw new ManyfitError("source_unreadable", `${path}: its footer does not say how many rows it has`);
}
