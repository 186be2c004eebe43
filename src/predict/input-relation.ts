import type { Connection } from "../duckdb/duckdb.ts";
import { quoteTextList } from "../duckdb/quote.ts";
import type { SourceColumn } from "../job/resolved-job.ts";
import { canonicalKey, type Relation, readExpression } from "../source/relation.ts";
import { isNumericType } from "../source/source-schema.ts";
import { fieldTypeOf } from "../source/sql-type.ts";
import { filePartitionNames } from "./file-partition-names.ts";
import type { Input } from "./input.ts";
import { columnKeys } from "./needed-columns.ts";
import type { TrainedRun } from "./trained-run.ts";

/**
 * The columns of the input that make the run's keys and that its models read, under the names and in the forms that
 * a run's own source has: `k0 …`, `c0 …`, `position`. `paths` are those that the user gave.
 */
export async function inputRelation(
  input: Input,
  trained: TrainedRun,
  paths: readonly string[],
  connection: Connection,
): Promise<Relation> {
  const { reads } = trained.model;
  const expressions = await keyExpressions(input, trained, paths, connection);
  const keys = expressions.map((expression, i) => `${expression} as k${i}`);
  const columns = sourceColumns(input);
  const values = reads.map((column, i) => `${readExpression(column, columns)} as c${i}`);
  const fileRows = input.fileRows ?? (await countRows(input, connection));
  return {
    sql: `(select ${[...keys, ...values, "file_row_number as position"].join(", ")} from ${input.typed})`,
    firstFile: input.files[0]!.path,
    keyCount: keys.length,
    columns: reads,
    rowCount: fileRows.reduce((sum, rows) => sum + rows, 0),
    fileRows,
  };
}

async function countRows({ files, raw }: Input, connection: Connection): Promise<number[]> {
  const counts = await connection.rows<{ file: number; n: number }>(
    `select file_index::integer as file, count(*)::double as n from ${raw} group by file_index`,
  );
  const rows = new Array<number>(files.length).fill(0);
  for (const { file, n } of counts) rows[file] = n;
  return rows;
}

async function keyExpressions(
  { files }: Input,
  trained: TrainedRun,
  paths: readonly string[],
  connection: Connection,
): Promise<string[]> {
  if (trained.manifest.job.partitioning.kind !== "file") return columnKeys(trained).map(canonicalKey);
  const names = await filePartitionNames(files, paths, trained, connection);
  return [`list_extract(${quoteTextList(names)}, (file_index + 1)::bigint)`];
}

/** The input's columns as its typed relation has them. */
function sourceColumns({ columns }: Input): SourceColumn[] {
  return columns.map(({ name, sqlType }) => {
    const types = { sqlType, foundType: sqlType, fieldType: fieldTypeOf(sqlType) };
    return { name, ...types, isNumeric: isNumericType(sqlType), isNamed: true };
  });
}
