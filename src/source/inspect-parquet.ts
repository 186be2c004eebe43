import type { Connection } from "../duckdb/duckdb.ts";
import { quotePaths, readParquet } from "../duckdb/read-files.ts";
import { ManyfitError } from "../errors.ts";
import type { SourceFile } from "../job/resolved-job.ts";
import { readErrorFrom } from "./read-error.ts";
import { isNumericType, type SourceSchema } from "./source-schema.ts";
import { fieldTypeOf } from "./sql-type.ts";

/** A node of a file's schema, in depth-first order. */
interface SchemaNode {
  readonly [column: string]: string | number;
  readonly file: string;
  readonly name: string;
  readonly type: string;
  readonly children: number;
}

/** What pandas calls the columns in which it keeps row numbers. */
const PANDAS_INDEX = /^__index_level_\d+__$/;

/** Columns and row counts from the files' footers. All files must have the first one's columns, in the same types. */
export async function inspectParquet(
  files: readonly SourceFile[],
  connection: Connection,
): Promise<Extract<SourceSchema, { format: "parquet" }>> {
  const first = files[0]!.path;
  const list = quotePaths(files.map((file) => file.path));
  const described = await connection
    .rows<{ column_name: string; column_type: string }>(
      `select column_name, column_type from (describe select * from ${readParquet([first])})`,
    )
    .catch((error: unknown) => {
      throw readErrorFrom(error, first);
    });
  const columns = described.map(({ column_name: name, column_type: sqlType }) => {
    const isNamed = !PANDAS_INDEX.test(name);
    const isNumeric = isNumericType(sqlType);
    return { name, sqlType, foundType: sqlType, isNumeric, fieldType: fieldTypeOf(sqlType), isNamed };
  });
  try {
    await checkSameColumns(files, list, connection);
    const counts = await connection.rows<{ file_name: string; num_rows: number }>(
      `select file_name, num_rows::double as num_rows from parquet_file_metadata(${list})`,
    );
    const rowsOf = new Map(counts.map((row) => [row.file_name, row.num_rows]));
    return { format: "parquet", files, columns, fileRows: files.map((file) => rowsIn(file.path, rowsOf)) };
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
  const nodes = await connection.rows<SchemaNode>(
    `select file_name as file, name, coalesce(num_children, 0)::integer as children,
       concat_ws(' ', type, converted_type, logical_type) as type
     from parquet_schema(${list})`,
  );
  const byFile = nodesByFile(nodes);
  const expected = columnTypes(byFile.get(files[0]!.path) ?? []);
  for (const { path } of files.slice(1)) checkColumnsOf(path, columnTypes(byFile.get(path) ?? []), expected);
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
