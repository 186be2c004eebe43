import type { Connection } from "../duckdb/duckdb.ts";
import { ManyfitError } from "../errors.ts";
import type { SourceSpec } from "../job/job.ts";
import type { SourceColumn, SourceFile } from "../job/resolved-job.ts";
import { compareNames } from "../source/compare-names.ts";
import { groupCsvFiles } from "../source/csv-files.ts";
import { commonFormat } from "../source/file-format.ts";
import { findDialect } from "../source/find-dialect.ts";
import { inspectSource, withToldTypes } from "../source/inspect-source.ts";
import { listFiles } from "../source/list-files.ts";
import type { CsvSchema, SourceSchema } from "../source/source-schema.ts";
import type { FoundFile, FoundSource } from "./found-source.ts";

/**
 * The files of a source as one table. All must have the columns `needed`; other columns that they do not share are left
 * out.
 * @throws ManyfitError `source_unreadable` for a file that differs in what is needed, and what inspection throws.
 */
export async function findTable(
  spec: SourceSpec,
  needed: readonly string[],
  connection: Connection,
): Promise<FoundSource> {
  const schema = await inspectSource(spec, connection).catch((error: unknown) =>
    withoutRows(error, spec, connection),
  );
  const different = schema.differences.find(({ column }) => needed.includes(column));
  if (different !== undefined) {
    throw new ManyfitError("source_unreadable", `${different.path}: ${different.problem}`);
  }
  const differing = new Set(schema.differences.map(({ column }) => column));
  return {
    format: schema.format,
    dialect: schema.format === "csv" ? schema.dialect : null,
    files: foundFiles(schema),
    columns: schema.columns.filter(({ name }) => !differing.has(name)),
    leftOut: schema.columns.map(({ name }) => name).filter((name) => differing.has(name)),
  };
}

function foundFiles(schema: SourceSchema): FoundFile[] {
  const groups = schema.format === "csv" ? schema.groups : [];
  const csv = groups.flatMap((group) => new Array<typeof group>(group.fileCount).fill(group));
  const fileRows = schema.format === "parquet" ? schema.fileRows : null;
  return schema.files.map((file, i) => {
    return { file, csv: csv[i] ?? null, rows: fileRows?.[i] ?? null, mixedNumbers: new Map() };
  });
}

/** CSV files that have headers and no rows are nothing to train on, but they are predicted, to no rows. */
async function withoutRows(error: unknown, spec: SourceSpec, connection: Connection): Promise<SourceSchema> {
  if (!(error instanceof ManyfitError) || error.code !== "source_empty") throw error;
  const files = await listFiles(spec.paths, connection);
  const schema = await headersOnly(files, spec, connection);
  if (schema === null) throw error;
  return { ...schema, columns: withToldTypes(schema.columns, spec.types) };
}

/** What the headers of CSV files tell; all columns are text. Null where a file has none, or is no CSV. */
export async function headersOnly(
  files: readonly SourceFile[],
  { dialect: told }: SourceSpec,
  connection: Connection,
): Promise<CsvSchema | null> {
  const paths = files.map((file) => file.path);
  const { format, delimiter } = commonFormat(paths, told.delimiter);
  if (format !== "csv" || files.some((file) => file.bytes === 0)) return null;
  const { path } = files.reduce((a, b) => (b.bytes > a.bytes ? b : a));
  const { dialect } = await findDialect(path, { ...told, delimiter }, connection);
  const groups = await groupCsvFiles(files, dialect, told.comment !== null);
  const { names, differences } = compareNames(files, groups);
  return { format, files, columns: names.map(textColumn), differences, dialect, groups };
}

/** A column of which nothing is known but its name. */
export function textColumn(name: string): SourceColumn {
  const type = { sqlType: "VARCHAR", foundType: "VARCHAR", isNumeric: false, fieldType: "text" as const };
  return { name, ...type, isNamed: true };
}
