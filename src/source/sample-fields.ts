import type { Connection, SqlValue } from "../duckdb/duckdb.ts";

/** As many rows as types are found by. */
export const SAMPLE_ROWS = 20_480;

/** What the fields of a column look like, counted over the first rows; empty ones are not. */
export interface FieldCounts {
  /** Numbers whose fraction, if any, stands behind a point. */
  readonly numbers: number;
  /** Of these, those with a point. */
  readonly points: number;
  /** Of these, those of digits alone, with or without a sign. */
  readonly integers: number;
  /** Such as `1,5` and `1,234`. */
  readonly commas: number;
  /** Of these, those in which the comma cannot stand between thousands: `1,5` and `0,123`. */
  readonly fractions: number;
  /** A field that commonly stands for no value, such as `NA`; null where there is none. */
  readonly absence: string | null;
  /** An example of `commas`; null where there is none. */
  readonly comma: string | null;
  /** An example of `numbers`; null where there is none. */
  readonly number: string | null;
  /** All that is none of these. */
  readonly others: number;
}

/** Fields that stand for no value in files of many programs. */
export const ABSENCES: readonly string[] = [
  ...["NA", "N/A", "#N/A", "n/a", "na", "NULL", "Null", "null", "None", "none", "nil"],
  ...["-", "--", "?", ".", "*", "missing", "Missing", "MISSING", "<NA>", "(null)", "\\N"],
];

const INTEGER = "^ *[+-]?[0-9]+ *$";
const COMMA = "^ *[+-]?[0-9]*,[0-9]+([eE][+-]?[0-9]+)? *$";
const BETWEEN_THOUSANDS = "^ *[+-]?[1-9][0-9]{0,2},[0-9]{3} *$";

/** The counts of {@link FieldCounts} as SQL over the fields `field` of a column. */
function countsOfFields(): string {
  const absences = ABSENCES.map((text) => `'${text}'`).join(", ");
  const isNumber = "try_cast(field as double) is not null";
  const isComma = `(contains(field, ',') and regexp_matches(field, '${COMMA}'))`;
  const isAbsence = `field in (${absences})`;
  return `
    count(case when ${isNumber} then 1 end)::double as numbers,
    count(case when ${isNumber} and contains(field, '.') then 1 end)::double as points,
    count(case when regexp_matches(field, '${INTEGER}') then 1 end)::double as integers,
    count(case when ${isComma} then 1 end)::double as commas,
    count(case when ${isComma} and not regexp_matches(field, '${BETWEEN_THOUSANDS}') then 1 end)::double as fractions,
    min(case when ${isAbsence} then field end) as absence,
    min(case when ${isComma} then field end) as comma,
    min(case when ${isNumber} then field end) as number,
    count(case when field is not null and not (${isNumber} or ${isComma} or ${isAbsence}) then 1 end)::double as others`;
}

/** Counts the fields of some of the columns `c0 …` of a reader whose columns are text, by their places. */
export async function sampleFields(
  reader: string,
  places: readonly number[],
  connection: Connection,
): Promise<ReadonlyMap<number, FieldCounts>> {
  if (places.length === 0) return new Map();
  // Fields below each other: aggregates side by side take time, and with filters memory, by the square of their number.
  const fields = `select unnest([${places.join(", ")}]) as place, unnest([${places.map((i) => `c${i}`).join(", ")}]) as field
    from (select * from ${reader} limit ${SAMPLE_ROWS})`;
  const rows = await connection.rows<FieldCounts & { readonly [column: string]: SqlValue; place: number }>(
    `select place::integer as place, ${countsOfFields()} from (${fields}) group by place`,
  );
  return new Map(rows.map((row) => [row.place, row]));
}
