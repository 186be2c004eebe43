import type { Dialect } from "../job/dialect.ts";
import type { SourceColumn, SourceFile } from "../job/resolved-job.ts";

/** What is known of a source before its rows are read. */
export type SourceSchema =
  | {
      readonly format: "csv";
      readonly files: readonly SourceFile[];
      readonly columns: readonly SourceColumn[];
      readonly dialect: Dialect;
    }
  | {
      readonly format: "parquet";
      readonly files: readonly SourceFile[];
      readonly columns: readonly SourceColumn[];
      /** Rows of each file, from its footer; null where the footers were not all read. */
      readonly fileRows: readonly number[] | null;
    };

const NUMERIC = /^(U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|FLOAT|DOUBLE|DECIMAL\(.*\))$/;

/** Whether a DuckDB type holds numbers. */
export function isNumericType(sqlType: string): boolean {
  return NUMERIC.test(sqlType);
}
