import type { Connection } from "../duckdb/duckdb.ts";
import { ManyfitError } from "../errors.ts";
import type { SourceSpec } from "../job/job.ts";
import type { ResolvedJob, SourceColumn, SourceFile } from "../job/resolved-job.ts";
import type { ReadColumn } from "../table/read-column.ts";
import { checkContent } from "./check-content.ts";
import { checkNames } from "./check-names.ts";
import { groupCsvFiles } from "./csv-files.ts";
import { commonNames } from "./csv-reader.ts";
import { checkText } from "./find-bad-text.ts";
import { inspectParquet } from "./inspect-parquet.ts";
import { readsText } from "./read-types.ts";
import { createRelation, type Relation } from "./relation.ts";
import type { SourceSchema } from "./source-schema.ts";
import { isIntegerType } from "./sql-type.ts";
import { lacksColumn } from "./text/lacks-column.ts";

/** The columns of a job by name, as the largest file has them. */
type SettledColumns = ReadonlyMap<string, SourceColumn>;

/**
 * The rows of some files of a job in which each file is a partition, with the types that were settled for all of them:
 * of one file, or of several of text, one behind the other. They may have their columns in another order and others
 * besides.
 * @throws ManyfitError `unknown_column` where one lacks a column that the trainer reads, `source_unreadable` where one
 * cannot be read, or has a column of another type that nobody told.
 */
export async function createFileRelation(
  job: ResolvedJob,
  files: readonly SourceFile[],
  connection: Connection,
): Promise<Relation> {
  const schema = await schemaOf(files, job, connection);
  const names = schema.columns.map((column) => column.name);
  checkNames(names, files[0]!.path);
  const settled = new Map(job.columns.map((column) => [column.name, column]));
  const columns = schema.columns.map((column) =>
    schema.format === "parquet"
      ? withToldType(column, job.source.types, settled)
      : (settled.get(column.name) ?? column),
  );
  for (const name of job.orderBy) {
    if (!names.includes(name)) throw new ManyfitError("unknown_column", lacksColumn(name, names));
  }
  const readColumns = job.readColumns.map((read) => readFrom(read, columns, settled, job));
  const ofFiles: ResolvedJob = { ...job, files, columns, keyFields: [], readColumns };
  return createRelation(ofFiles, { ...schema, columns }, connection);
}

async function schemaOf(
  files: readonly SourceFile[],
  job: ResolvedJob,
  connection: Connection,
): Promise<SourceSchema> {
  const { format, dialect, columns, source } = job;
  if (format === "parquet") return inspectParquet(files, connection);
  if (format === "ndjson") {
    for (const file of files) checkContent(file.path, format);
    return { format, files, columns, differences: [] };
  }
  if (dialect === null) throw new ManyfitError("internal", `${files[0]!.path}: its dialect is not known`);
  const groups = await groupCsvFiles(files, dialect, source.dialect.comment !== null);
  // Where DuckDB met bytes that are not UTF-8 it could read no other file.
  if (readsText(job)) for (const { path } of files) await checkText(path);
  const texts = commonNames({ groups }).map((name): SourceColumn => {
    const text = { sqlType: "VARCHAR", foundType: "VARCHAR", isNumeric: false, fieldType: "text" as const };
    return { name, ...text, isNamed: true };
  });
  return { format, files, columns: texts, differences: [], dialect, groups };
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
