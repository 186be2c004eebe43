import type { Connection } from "../duckdb/duckdb.ts";
import { describeNdjson, readJsonLines } from "../duckdb/read-files.ts";
import { ManyfitError } from "../errors.ts";
import type { SourceColumn, SourceFile } from "../job/resolved-job.ts";
import { checkContent } from "./check-content.ts";
import { checkNames } from "./check-names.ts";
import { explainNdjson } from "./explain-ndjson.ts";
import { SAMPLE_ROWS } from "./sample-fields.ts";
import { isNumericType, type NdjsonSchema } from "./source-schema.ts";
import { fieldTypeOf } from "./sql-type.ts";

/**
 * Columns of NDJSON files: the fields of the first 20,480 lines of the largest of them, with the types that they have
 * there. A line that lacks a field has NULL there, so that files cannot differ.
 */
export async function inspectNdjson(
  files: readonly SourceFile[],
  connection: Connection,
): Promise<NdjsonSchema> {
  for (const file of files) checkContent(file.path, "ndjson");
  const { path, bytes } = files.reduce((a, b) => (b.bytes > a.bytes ? b : a));
  if (bytes === 0) {
    const text = `${path}: is empty; NDJSON has one JSON object a line, there is nothing to train on`;
    throw new ManyfitError("source_empty", text);
  }
  try {
    const lines = `(select json from ${readJsonLines([path])} limit ${SAMPLE_ROWS})`;
    const fields = await connection.rows<{ name: string }>(
      `select distinct unnest(json_keys(json)) as name from ${lines}`,
    );
    // Where names differ in case only, DuckDB makes up others.
    checkNames(
      fields.map(({ name }) => name),
      path,
    );
    if (fields.length === 0) throw new Error("no line has a field");
    const described = await connection.rows<{ column_name: string; column_type: string }>(
      `select column_name, column_type from ${describeNdjson(path, SAMPLE_ROWS)}`,
    );
    const columns = described.filter(({ column_name: name }) => name !== "").map(columnOf);
    return { format: "ndjson", files, columns, differences: [] };
  } catch (error) {
    throw await explainNdjson(error, [path], new Map());
  }
}

function columnOf({
  column_name: name,
  column_type: type,
}: {
  readonly column_name: string;
  readonly column_type: string;
}): SourceColumn {
  const sqlType = readAs(type);
  const isNumeric = isNumericType(sqlType);
  return { name, sqlType, foundType: sqlType, isNumeric, fieldType: fieldTypeOf(sqlType), isNamed: true };
}

/** JSON has no times and no names for texts; a timestamp with a place in the world must not lose it. */
function readAs(type: string): string {
  if (type === "TIME" || type === "UUID") return "VARCHAR";
  return type === "TIMESTAMP" ? "TIMESTAMP WITH TIME ZONE" : type;
}
