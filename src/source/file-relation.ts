import type { Connection } from "../duckdb/duckdb.ts";
import { ManyfitError } from "../errors.ts";
import type { ResolvedJob, SourceColumn, SourceFile } from "../job/resolved-job.ts";
import { inspectParquet } from "./inspect-parquet.ts";
import { readHeader } from "./read-header.ts";
import { createRelation, type Relation } from "./relation.ts";
import type { SourceSchema } from "./source-schema.ts";
import type { Dialect } from "./text/csv-record.ts";
import { lacksColumn } from "./text/lacks-column.ts";

/**
 * The rows of one file of a job in which each file is a partition, with the types that were settled for all of them.
 * The file may have its columns in another order and others besides.
 * @throws ManyfitError `unknown_column` where it lacks a column that the trainer reads, `source_unreadable` where it
 * cannot be read.
 */
export async function createFileRelation(
  job: ResolvedJob,
  file: SourceFile,
  dialect: Dialect | null,
  connection: Connection,
): Promise<Relation> {
  const schema = await schemaOf(file, dialect, connection);
  const settled = new Map(job.columns.map((column) => [column.name, column]));
  const columns = schema.columns.map((column) =>
    schema.format === "csv" ? (settled.get(column.name) ?? column) : withToldType(column, settled),
  );
  const names = columns.map((column) => column.name);
  const missing = job.readColumns.find((column) => !names.includes(column.name));
  if (missing !== undefined) throw new ManyfitError("unknown_column", lacksColumn(missing.name, names));
  const ofFile: ResolvedJob = { ...job, files: [file], columns, keyFields: [] };
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

function withToldType(column: SourceColumn, settled: ReadonlyMap<string, SourceColumn>): SourceColumn {
  const { sqlType, foundType } = settled.get(column.name) ?? column;
  // Where a type was told, it holds for every file.
  return sqlType === foundType ? column : { ...column, sqlType };
}
