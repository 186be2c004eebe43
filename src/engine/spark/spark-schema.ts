import type { DataType } from "#spark-connect/types";
import { ManyfitError } from "../../errors.ts";
import type { SourceColumn } from "../../job/resolved-job.ts";
import { PANDAS_INDEX } from "../../source/inspect-parquet.ts";
import { isNumericType } from "../../source/source-schema.ts";
import { fieldTypeOf } from "../../source/sql-type.ts";

type Kind = DataType["kind"];

/** Types of Spark that DuckDB has, too, in its words; all others keep Spark's, and are read by no trainer. */
const SQL_TYPES: Readonly<Partial<Record<NonNullable<Kind["case"]>, string>>> = {
  boolean: "BOOLEAN",
  byte: "TINYINT",
  short: "SMALLINT",
  integer: "INTEGER",
  long: "BIGINT",
  float: "FLOAT",
  double: "DOUBLE",
  string: "VARCHAR",
  char: "VARCHAR",
  varChar: "VARCHAR",
  binary: "BLOB",
  date: "DATE",
  timestamp: "TIMESTAMP WITH TIME ZONE",
  timestampNtz: "TIMESTAMP",
};

/**
 * The columns of a relation of Spark's as those of a source, with types in DuckDB's words, in which jobs are settled.
 * @throws ManyfitError `internal` for a type that is no row's.
 */
export function sourceColumns({ kind }: DataType): SourceColumn[] {
  if (kind.case !== "struct") throw new ManyfitError("internal", `rows of type ${kind.case} are no rows`);
  return kind.value.fields.map(({ name, dataType }) => {
    const sqlType = duckdbType(dataType);
    const isNumeric = isNumericType(sqlType);
    return {
      name,
      sqlType,
      foundType: sqlType,
      isNumeric,
      fieldType: fieldTypeOf(sqlType),
      isNamed: !PANDAS_INDEX.test(name),
    };
  });
}

/** A type of Spark's in DuckDB's words. */
export function duckdbType(type: DataType | undefined): string {
  const kind = type?.kind;
  if (kind?.case === undefined) return "UNKNOWN";
  if (kind.case === "decimal") return `DECIMAL(${kind.value.precision ?? 10},${kind.value.scale ?? 0})`;
  return SQL_TYPES[kind.case] ?? kind.case.toUpperCase();
}

const SPARK_TYPES: Readonly<Record<string, string>> = {
  INTEGER: "int",
  VARCHAR: "string",
  BLOB: "binary",
  "TIMESTAMP WITH TIME ZONE": "timestamp",
  TIMESTAMP: "timestamp_ntz",
};

/** The type in Spark's words of a column that keys, trainers and orders can have. */
export function sparkType(sqlType: string): string {
  return SPARK_TYPES[sqlType] ?? sqlType.toLowerCase();
}
