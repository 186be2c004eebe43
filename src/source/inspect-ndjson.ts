import type { Connection } from "../duckdb/duckdb.ts";
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
  const counts = unsure.map(({ name }, i) => `${kindCounts(name)} as f${i}`);
  const [row] = await connection.rows<Record<string, KindCounts>>(
    `select ${counts.join(", ")} from ${lines}`,
  );
  const byName = new Map(unsure.map(({ name }, i) => [name, row![`f${i}`]!]));
  return columns.map((column) => {
    const found = byName.get(column.name);
    if (found === undefined || found.numbers === 0 || found.others > 0) return column;
    if (found.absence !== null) return { ...column, nearNumber: found.absence };
    const isInteger = found.integers === found.numbers;
    return columnOf({ column_name: column.name, column_type: isInteger ? "HUGEINT" : "DOUBLE" });
  });
}

/** SQL that counts the values of a field as {@link KindCounts}. */
function kindCounts(name: string): string {
  const pointer = quoteText(`/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`);
  const [kind, text] = [`json_type(json, ${pointer})`, `json_extract_string(json, ${pointer})`];
  const isNumber = `(${kind} not in ('VARCHAR', 'BOOLEAN', 'OBJECT', 'ARRAY', 'NULL')
    or (${kind} = 'VARCHAR' and try_cast(${text} as double) is not null))`;
  const isAbsence = `(${kind} = 'VARCHAR' and list_contains(${quoteTextList(ABSENCES)}, ${text}))`;
  return `{
    'numbers': (count(*) filter (where ${isNumber}))::double,
    'integers': (count(*) filter (where ${isNumber} and regexp_full_match(${text}, '-?[0-9]+')))::double,
    'absence': min(${text}) filter (where ${isAbsence}),
    'others': (count(*) filter (where ${kind} <> 'NULL' and not (${isNumber} or ${isAbsence})))::double
  }`;
}
