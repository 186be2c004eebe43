import type { Connection } from "../duckdb/duckdb.ts";
import { ManyfitError, suggestName } from "../errors.ts";
import type { SourceSpec } from "../job/job.ts";
import type { SourceColumn, SourceFile } from "../job/resolved-job.ts";
import { checkNames } from "./check-names.ts";
import { type CommonFormat, commonFormat } from "./file-format.ts";
import { inspectCsv } from "./inspect-csv.ts";
import { inspectNdjson } from "./inspect-ndjson.ts";
import { inspectParquet } from "./inspect-parquet.ts";
import { listFiles } from "./list-files.ts";
import { isNumericType, type SourceSchema } from "./source-schema.ts";
import { fieldTypeOf, sqlTypeOf } from "./sql-type.ts";

/**
 * Finds the files of a source and the columns they have. Every file's header or footer is read, no rows but the few
 * that tell a text's types.
 */
export async function inspectSource(spec: SourceSpec, connection: Connection): Promise<SourceSchema> {
  const files: SourceFile[] = await listFiles(spec.paths, connection);
  const common = commonFormat(
    files.map((file) => file.path),
    spec.dialect.delimiter,
  );
  const schema = await inspectAll(files, common, spec, connection);
  return { ...schema, columns: withToldTypes(schema.columns, spec.types) };
}

/** What files of one format have in common, types as they were found. */
export async function inspectAll(
  files: readonly SourceFile[],
  { format, delimiter }: CommonFormat,
  { dialect }: SourceSpec,
  connection: Connection,
): Promise<SourceSchema> {
  if (format === "csv") return inspectCsv(files, { ...dialect, delimiter }, connection);
  const schema =
    format === "ndjson" ? await inspectNdjson(files, connection) : await inspectParquet(files, connection);
  const names = schema.columns.map((column) => column.name);
  checkNames(names, schema.files[0]!.path);
  return schema;
}

/**
 * Columns with the types that the user told.
 * @throws ManyfitError `unknown_column` where a type is told of a column that is not there.
 */
export function withToldTypes(columns: readonly SourceColumn[], types: SourceSpec["types"]): SourceColumn[] {
  const names = columns.map((column) => column.name);
  for (const name of Object.keys(types)) {
    if (names.includes(name)) continue;
    throw new ManyfitError(
      "unknown_column",
      `--type names column "${name}", which the source does not have; ${suggestName(name, names)}`,
    );
  }
  return columns.map((column) => {
    const told = Object.hasOwn(types, column.name) ? types[column.name] : undefined;
    if (told === undefined) return column;
    const { name, foundType, isNamed } = column;
    const sqlType = sqlTypeOf(told);
    const type = { sqlType, isNumeric: isNumericType(sqlType), fieldType: fieldTypeOf(sqlType) };
    return { name, foundType, isNamed, ...type };
  });
}
