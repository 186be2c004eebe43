import { quoteIdentifier, quoteText, quoteTextList } from "../duckdb/quote.ts";
import { FIT_STATES, SKIP_REASONS } from "../run/fit-state.ts";
import type { ResultSchema } from "../run/result-schema.ts";
import { numberName, type PartShape, resultColumns, TERM_NUMBERS } from "./result-columns.ts";

const REMARK_COLUMNS =
  "partition INTEGER, place INTEGER, code VARCHAR, message VARCHAR, is_error UTINYINT, stack VARCHAR";

/** Columns of a part file for the terms, in the order of `TERM_NUMBERS`: lists with one number per term. */
export const PART_TERM_COLUMNS = [
  "term_estimate",
  "term_std_error",
  "term_statistic",
  "term_p_value",
] as const;

/** Columns of a part file for models that are documents. */
export const PART_DOCUMENT_COLUMNS = ["model_json", "model_blob"] as const;

/** The two tables in which results wait: {@link resultColumns}, and the remarks on them, which are few. */
export interface ResultTables {
  readonly results: string;
  readonly remarks: string;
}

/** Column of a part file for a model field; its own name could be that of another column. */
export function partModelColumn(name: string): string {
  return `model_${name}`;
}

/** Statements that make the tables. */
export function createResultTables(shape: PartShape, tables: ResultTables): string {
  const columns = resultColumns(shape).map(({ name, type }) => `${name} ${type}`);
  return `create table ${tables.results} (${columns.join(", ")}); create table ${tables.remarks} (${REMARK_COLUMNS})`;
}

/** A relation with the columns of a part file and no rows. */
export function emptyPart(resultSchema: ResultSchema): string {
  const shape: PartShape = { resultSchema, hasFiles: false };
  const none = (columns: readonly string[]): string => {
    const nulls = columns.map((column) => {
      const [name, type] = column.trim().split(" ");
      return `null::${type} as ${name}`;
    });
    return `(select ${nulls.join(", ")} where false)`;
  };
  const results = none(resultColumns(shape).map(({ name, type }) => `${name} ${type}`));
  return `(${selectPart(shape, { results, remarks: none(REMARK_COLUMNS.split(",")) })})`;
}

/** The rows of a part file: one for each result of the tables, everything about it in that row. */
export function selectPart({ resultSchema: schema, hasFiles }: PartShape, tables: ResultTables): string {
  const columns = [
    "r.partition",
    `${quoteTextList(FIT_STATES)}[state + 1] as state`,
    `case when reason < ${SKIP_REASONS.length} then ${quoteTextList(SKIP_REASONS)}[reason + 1] end as reason`,
    ...["rows_read", "rows_used", "rows_dropped", "rows_held_out"].map(
      (name) => `${orNull(name)}::BIGINT as ${name}`,
    ),
    "attempt + 1 as attempts",
    "worker",
    "task",
    `make_timestamptz((${orNull("started_at_ms")} * 1000)::BIGINT) as started_at`,
    `${orNull("duration_ms")} as duration_ms`,
    `${orNull("model_bytes")}::BIGINT as model_bytes`,
    `${metricsColumn(schema)} as metrics`,
    "coalesce(w.warnings, []) as warnings",
    "e.code as error_code",
    "e.message as error_message",
    "e.stack as error_stack",
    ...modelColumns(schema),
    ...termColumns(schema),
    `${hasFiles ? "file_sha256" : "null::VARCHAR"} as file_sha256`,
    `${hasFiles ? orNull("file_bytes") : "null"}::BIGINT as file_bytes`,
  ];
  return `select ${columns.join(",\n")} from ${tables.results} r${remarkJoins(tables)}`;
}

/** One row for each partition that has warnings, with all of them, and one for each that has an error, the first. */
function remarkJoins({ remarks }: ResultTables): string {
  const warnings = `select partition, list({'code': code, 'message': message} order by place) as warnings
    from ${remarks} where is_error = 0 group by partition`;
  const errors = `select partition, arg_min({'code': code, 'message': message, 'stack': stack}, place) as error
    from ${remarks} where is_error = 1 group by partition`;
  return `
    left join (${warnings}) w on w.partition = r.partition
    left join (select partition, unnest(error) from (${errors})) e on e.partition = r.partition`;
}

/** Documents have a map, because each may have metrics of its own. A struct has at least one field: else it is NULL. */
function metricsColumn(schema: ResultSchema): string {
  if (schema.form === "document") return "metrics_json::JSON::MAP(VARCHAR, DOUBLE)";
  if (schema.metrics.length === 0) return "null::MAP(VARCHAR, DOUBLE)";
  const fields = schema.metrics.map(
    ({ name }, i) => `${quoteIdentifier(name)} := ${orNull(numberName("metric", i))}`,
  );
  return ifFitted(`struct_pack(${fields.join(", ")})`);
}

function modelColumns(schema: ResultSchema): readonly string[] {
  if (schema.form === "document") return PART_DOCUMENT_COLUMNS;
  const columns: string[] = [];
  let next = 0;
  for (const { name, listLength } of schema.model) {
    const column = quoteIdentifier(partModelColumn(name));
    const value =
      listLength === null ? orNull(numberName("model", next)) : ifFitted(listOf("model", next, listLength));
    columns.push(`${value} as ${column}`);
    next += listLength ?? 1;
  }
  return columns;
}

function termColumns(schema: ResultSchema): string[] {
  if (schema.terms.length === 0) return [];
  return TERM_NUMBERS.map((group, i) => {
    return `${ifFitted(listOf(group, 0, schema.terms.length))} as ${PART_TERM_COLUMNS[i]}`;
  });
}

function listOf(group: string, from: number, length: number): string {
  const numbers = Array.from({ length }, (_, i) => orNull(numberName(group, from + i)));
  return `[${numbers.join(", ")}]::DOUBLE[]`;
}

function ifFitted(expression: string): string {
  return `case when state = 0 then ${expression} end`;
}

function orNull(column: string): string {
  return `nullif(${column}, ${quoteText("NaN")}::DOUBLE)`;
}
