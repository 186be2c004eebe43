import type { Connection } from "../duckdb/duckdb.ts";
import { quotePaths } from "../duckdb/read-files.ts";
import { ManyfitError } from "../errors.ts";
import type { SourceColumn, SourceFile } from "../job/resolved-job.ts";
import type { UnreadableFile } from "../run/unreadable-file.ts";
import { checkContent } from "../source/check-content.ts";
import { checkNames } from "../source/check-names.ts";
import { inspectParquet } from "../source/inspect-parquet.ts";
import { readErrorFrom } from "../source/read-error.ts";
import { isNumericType, type SourceSchema } from "../source/source-schema.ts";
import { lacksColumn } from "../source/text/lacks-column.ts";
import type { FoundFile, FoundFiles, FoundSource } from "./found-source.ts";
import { halveFiles } from "./halve-files.ts";
import { unreadableFile } from "./refuse-files.ts";

/** What is expected of the files. */
export interface ExpectedColumns {
  /** As the largest file has them. */
  readonly schema: SourceSchema;
  /** Names of what every file must have. */
  readonly needed: readonly string[];
}

/** What the footer of a file says. */
interface Footer {
  readonly file: SourceFile;
  readonly rows: number;
  /** Its columns as text: files with the same have the same columns in the same types. */
  readonly layout: string;
}

/** What files with the same layout are. */
interface Layout {
  /** In DuckDB's types. */
  readonly columns: readonly SourceColumn[];
  /** Why no such file can be read; null where it can. */
  readonly problem: string | null;
}

/** A file with its columns in DuckDB's types. */
interface DescribedFile extends Footer {
  readonly columns: readonly SourceColumn[];
}

/**
 * Parquet files by their footers, all of which are read at once. Columns of numbers that are needed may be of any type of
 * numbers in each file; other needed columns must be of the type that the largest file has.
 */
export async function findParquetFiles(
  files: readonly SourceFile[],
  { schema, needed }: ExpectedColumns,
  connection: Connection,
): Promise<FoundFiles> {
  const unreadable: UnreadableFile[] = [];
  const reject = (file: SourceFile, error: unknown): void => {
    if (error instanceof ManyfitError && error.code !== "memory_exceeded") {
      unreadable.push(unreadableFile(file.path, error));
    } else throw error;
  };
  const plausible = files.filter((file) =>
    attempt(
      () => checkContent(file.path, "parquet"),
      (e) => reject(file, e),
    ),
  );
  const { results, failed } = await halveFiles(plausible, (some) => readFooters(some, connection));
  for (const { file, error } of failed) reject(file, readErrorFrom(error, [file.path]));
  const described: DescribedFile[] = [];
  const layouts = new Map<string, Layout>();
  const expected = new Map(schema.columns.map((column) => [column.name, column]));
  for (const footer of results) {
    const { columns, problem } =
      layouts.get(footer.layout) ?? (await describeLayout(footer.file, connection));
    layouts.set(footer.layout, { columns, problem });
    const found = problem ?? problemOf(columns, expected, needed);
    if (found !== null) unreadable.push({ file: footer.file.path, problem: found });
    else described.push({ ...footer, columns });
  }
  return { source: sharedColumns(described, needed), unreadable };
}

function attempt(check: () => void, onError: (error: unknown) => void): boolean {
  try {
    check();
    return true;
  } catch (error) {
    onError(error);
    return false;
  }
}

async function readFooters(files: readonly SourceFile[], connection: Connection): Promise<Footer[]> {
  const list = quotePaths(files.map((file) => file.path));
  const counts = await connection.rows<{ file: string; n: number }>(
    `select file_name as file, num_rows::double as n from parquet_file_metadata(${list})`,
  );
  const nodes = await connection.rows<{ file: string; node: string }>(
    `select file_name as file,
       concat_ws(' ', name, type, converted_type, logical_type, coalesce(num_children, 0)) as node
     from parquet_schema(${list})`,
  );
  const rowsOf = new Map(counts.map(({ file, n }) => [file, n]));
  const nodesOf = new Map<string, string[]>();
  for (const { file, node } of nodes) {
    const known = nodesOf.get(file);
    if (known === undefined) nodesOf.set(file, [node]);
    else known.push(node);
  }
  return files.map((file) => {
    const rows = rowsOf.get(file.path);
    if (rows === undefined) throw new Error("its footer does not say how many rows it has");
    return { file, rows, layout: JSON.stringify(nodesOf.get(file.path) ?? []) };
  });
}

async function describeLayout(file: SourceFile, connection: Connection): Promise<Layout> {
  try {
    const { columns } = await inspectParquet([file], connection);
    const names = columns.map((column) => column.name);
    checkNames(names, file.path);
    return { columns, problem: null };
  } catch (error) {
    if (!(error instanceof ManyfitError) || error.code === "memory_exceeded") throw error;
    return { columns: [], problem: unreadableFile(file.path, error).problem };
  }
}

/**
 * Why a file with these columns cannot be predicted beside the largest; null where it can. What the largest lacks is
 * expected to be as in the first file that has it.
 */
function problemOf(
  columns: readonly SourceColumn[],
  expected: Map<string, SourceColumn>,
  needed: readonly string[],
): string | null {
  const byName = new Map(columns.map((column) => [column.name, column]));
  for (const name of needed) {
    const found = byName.get(name);
    if (found === undefined) return lacksColumn(name, [...byName.keys()]);
    const wanted = expected.get(name) ?? found;
    expected.set(name, wanted);
    if (wanted.foundType === found.foundType) continue;
    if (isNumericType(wanted.foundType) && isNumericType(found.foundType)) continue;
    return `column "${name}" is ${found.foundType}, in the largest file it is ${wanted.foundType}; convert the file`;
  }
  return null;
}

/** The columns that files share: what is needed in any type of numbers, all others in one type. */
function sharedColumns(files: readonly DescribedFile[], needed: readonly string[]): FoundSource | null {
  const [first] = files;
  if (first === undefined) return null;
  const found = new Map<string, { count: number; readonly types: Set<string> }>();
  for (const { columns } of files) {
    for (const { name, foundType } of columns) {
      const known = found.get(name) ?? { count: 0, types: new Set() };
      found.set(name, known);
      known.count++;
      known.types.add(foundType);
    }
  }
  const isMixed = (name: string): boolean => found.get(name)!.types.size > 1;
  const isShared = (name: string): boolean => {
    return found.get(name)!.count === files.length && (!isMixed(name) || needed.includes(name));
  };
  const asDouble = { sqlType: "DOUBLE", foundType: "DOUBLE", isNumeric: true, fieldType: "double" as const };
  return {
    format: "parquet",
    dialect: null,
    files: files.map(({ file, rows, columns }): FoundFile => {
      const mixed = columns.filter(({ name }) => isShared(name) && isMixed(name));
      return {
        file,
        csv: null,
        rows,
        mixedNumbers: new Map(mixed.map((column) => [column.name, column.foundType])),
      };
    }),
    columns: first.columns
      .filter(({ name }) => isShared(name))
      .map((column) => (isMixed(column.name) ? { ...column, ...asDouble } : column)),
    leftOut: [...found.keys()].filter((name) => !isShared(name)),
  };
}
