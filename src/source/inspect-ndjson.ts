import type { Connection, SqlValue } from "../duckdb/duckdb.ts";
import { quoteText, quoteTextList } from "../duckdb/quote.ts";
import { describeNdjson, readJsonLines } from "../duckdb/read-files.ts";
import { ManyfitError } from "../errors.ts";
import type { SourceColumn, SourceFile } from "../job/resolved-job.ts";
import { checkContent } from "./check-content.ts";
import { checkNames } from "./check-names.ts";
import { explainNdjson } from "./explain-ndjson.ts";
import { ABSENCES, SAMPLE_ROWS } from "./sample-fields.ts";
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
    const names = new Set(fields.map(({ name }) => name));
    // A field without a name has one of DuckDB's own there.
    const columns = described.filter(({ column_name: name }) => names.has(name)).map(columnOf);
    return {
      format: "ndjson",
      files,
      columns: await withNumbers(columns, lines, connection),
      differences: [],
    };
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

/** What the values of a field are, counted over the first lines. */
interface KindCounts {
  /** Numbers, in quotes or not. */
  readonly numbers: number;
  /** Of these, those of digits alone, with or without a sign. */
  readonly integers: number;
  /** A text that commonly stands for no value, such as `NA`; null where there is none. */
  readonly absence: string | null;
  /** All that is none of these, nor null. */
  readonly others: number;
}

/**
 * Columns of which DuckDB does not say enough settled: numbers both in quotes and not are numbers, near to it is what has
 * beside them only what commonly stands for no value, and integers of more than 64 bits are integers. `lines` is SQL for
 * the first lines.
 */
async function withNumbers(
  columns: readonly SourceColumn[],
  lines: string,
  connection: Connection,
): Promise<SourceColumn[]> {
  const unsure = columns.filter(({ sqlType }) => sqlType === "JSON" || sqlType === "DOUBLE");
  if (unsure.length === 0) return [...columns];
  const pointers = unsure.map(({ name }) => quoteText(pointerTo(name)));
  const listOf = (ask: string): string => pointers.map((pointer) => `${ask}(json, ${pointer})`).join(", ");
  // Values below each other: aggregates side by side take time by the square of their number.
  const values = `select unnest([${unsure.map((_, i) => i).join(", ")}]) as place,
    unnest([${listOf("json_type")}]) as kind, unnest([${listOf("json_extract_string")}]) as value from ${lines}`;
  const counts = await connection.rows<KindCounts & { readonly [column: string]: SqlValue; place: number }>(
    `select place::integer as place, ${countsOfKinds()} from (${values}) group by place`,
  );
  const byName = new Map(counts.map((count) => [unsure[count.place]!.name, count]));
  return columns.map((column) => {
    const found = byName.get(column.name);
    if (found === undefined || found.numbers === 0 || found.others > 0) return column;
    if (found.absence !== null) return { ...column, nearNumber: found.absence };
    const isInteger = found.integers === found.numbers;
    return columnOf({ column_name: column.name, column_type: isInteger ? "HUGEINT" : "DOUBLE" });
  });
}

/** The JSON pointer to a member of an object. */
function pointerTo(name: string): string {
  return `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

/** The counts of {@link KindCounts} as SQL over the texts `value` of values and their kinds `kind`. */
function countsOfKinds(): string {
  const isNumber = `(kind not in ('VARCHAR', 'BOOLEAN', 'OBJECT', 'ARRAY', 'NULL')
    or (kind = 'VARCHAR' and try_cast(value as double) is not null))`;
  const isAbsence = `(kind = 'VARCHAR' and list_contains(${quoteTextList(ABSENCES)}, value))`;
  return `
    count(case when ${isNumber} then 1 end)::double as numbers,
    count(case when ${isNumber} and regexp_full_match(value, '-?[0-9]+') then 1 end)::double as integers,
    min(case when ${isAbsence} then value end) as absence,
    count(case when kind <> 'NULL' and not (${isNumber} or ${isAbsence}) then 1 end)::double as others`;
}
