import type { Connection } from "../duckdb/duckdb.ts";
import { ManyfitError } from "../errors.ts";
import type { Dialect } from "../job/dialect.ts";
import type { SourceSpec } from "../job/job.ts";
import type { ResolvedJob, SourceColumn, SourceFile } from "../job/resolved-job.ts";
import type { ReadColumn } from "../table/read-column.ts";
import { inspectParquet } from "./inspect-parquet.ts";
import { checkNames } from "./inspect-source.ts";
import { readHeader } from "./read-header.ts";
import { createRelation, type Relation } from "./relation.ts";
import type { SourceSchema } from "./source-schema.ts";
import { isIntegerType } from "./sql-type.ts";
import { lacksColumn } from "./text/lacks-column.ts";

/** The columns of a job by name, as the largest file has them. */
type SettledColumns = ReadonlyMap<string, SourceColumn>;

/**
 * The rows of one file of a job in which each file is a partition, with the types that were settled for all of them.
 * The file may have its columns in another order and others besides.
 * @throws ManyfitError `unknown_column` where it lacks a column that the trainer reads, `source_unreadable` where it
 * cannot be read, or has a column of another type that nobody told.
 */
export async function createFileRelation(
  job: ResolvedJob,
  file: SourceFile,
  connection: Connection,
): Promise<Relation> {
  const schema = await schemaOf(file, job.dialect, connection);
  checkNames(schema.columns, file.path);
  const settled = new Map(job.columns.map((column) => [column.name, column]));
  const columns = schema.columns.map((column) =>
    schema.format === "csv"
      ? (settled.get(column.name) ?? column)
      : withToldType(column, job.source.types, settled),
  );
  const readColumns = job.readColumns.map((read) => readFrom(read, columns, settled, job));
  const ofFile: ResolvedJob = { ...job, files: [file], columns, keyFields: [], readColumns };
  return createRelation(ofFile, { ...schema, columns }, connection);
}

async function schemaOf(
  file: SourceFile,
  dialect: Dialect | null,
  connection: Connection,
): Promise<SourceSchema> {
  if (dialect === null) return inspectParquet([file], connection);
  const names = await readHeader(file.path, dialect);
  const columns = names.map((name, i): SourceColumn => {
    const text = { sqlType: "VARCHAR", foundType: "VARCHAR", isNumeric: false, fieldType: "text" as const };
    return { name: name === "" ? `column${i}` : name, ...text, isNamed: name !== "" };
  });
  return { format: "csv", files: [file], columns, dialect };
}

/** Where a type was told, it holds for every file. */
function withToldType(
  column: SourceColumn,
  types: SourceSpec["types"],
  settled: SettledColumns,
): SourceColumn {
  if (!Object.hasOwn(types, column.name)) return column;
  const { sqlType, isNumeric, fieldType } = settled.get(column.name)!;
  return { ...column, sqlType, isNumeric, fieldType };
}

/** How a column is read from a file: numbers of any width are numbers, but which of them are exact is the file's matter. */
function readFrom(
  read: ReadColumn,
  columns: readonly SourceColumn[],
  settled: SettledColumns,
  { module }: ResolvedJob,
): ReadColumn {
  const { name } = read;
  const column = columns.find((candidate) => candidate.name === name);
  if (column === undefined) {
    const names = columns.map((candidate) => candidate.name);
    throw new ManyfitError("unknown_column", lacksColumn(name, names));
  }
  const { sqlType, fieldType } = settled.get(name)!;
  if (column.fieldType !== fieldType) {
    throw new ManyfitError(
      "source_unreadable",
      `column "${name}" is ${column.sqlType}, in the largest file it is ${sqlType}; convert the file, or tell one type for all with --type`,
    );
  }
  return { ...read, isInteger: module !== null && isIntegerType(column.sqlType) };
}
