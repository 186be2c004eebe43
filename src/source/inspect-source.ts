import type { Connection } from "../duckdb/duckdb.ts";
import { ManyfitError, suggestName } from "../errors.ts";
import type { SourceSpec } from "../job/job.ts";
import type { SourceColumn, SourceFile } from "../job/resolved-job.ts";
import { commonFormat } from "./file-format.ts";
import { inspectCsv } from "./inspect-csv.ts";
import { inspectParquet } from "./inspect-parquet.ts";
import { listFiles } from "./list-files.ts";
import { isNumericType, type SourceSchema } from "./source-schema.ts";
import { fieldTypeOf, sqlTypeOf } from "./sql-type.ts";
import { isPlaceColumn } from "./text/place-columns.ts";

/**
 * Finds the files of a source and the columns they have in common. Every file's header or footer is read, no rows
 * but the few that tell a CSV's types.
 */
export async function inspectSource(spec: SourceSpec, connection: Connection): Promise<SourceSchema> {
  const files: SourceFile[] = await listFiles(spec.paths, connection);
  const format = commonFormat(files.map((file) => file.path));
  const schema =
    format === "csv" ? await inspectCsv(files, connection) : await inspectParquet(files, connection);
  checkNames(schema.columns, files[0]!.path);
  return { ...schema, columns: withToldTypes(schema.columns, spec.types) };
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
    const sqlType = sqlTypeOf(told);
    return { ...column, sqlType, isNumeric: isNumericType(sqlType), fieldType: fieldTypeOf(sqlType) };
  });
}

/**
 * Checks that columns can be told apart by their names, whatever the case.
 * @throws ManyfitError `source_unreadable`
 */
export function checkNames(columns: readonly SourceColumn[], path: string): void {
  const seen = new Map<string, string>();
  for (const { name } of columns) {
    if (isPlaceColumn(name)) {
      throw new ManyfitError("source_unreadable", `${path}: column "${name}" has a reserved name; rename it`);
    }
    const twin = seen.get(name.toLowerCase());
    if (twin !== undefined) {
      throw new ManyfitError(
        "source_unreadable",
        `${path}: columns "${twin}" and "${name}" cannot be told apart (case does not count); rename one`,
      );
    }
    seen.set(name.toLowerCase(), name);
  }
}
