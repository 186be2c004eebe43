import type { Connection } from "../duckdb/duckdb.ts";
import { quoteTextList } from "../duckdb/quote.ts";
import type { SourceColumn } from "../job/resolved-job.ts";
import { canonicalKey, readExpression } from "../source/read-expression.ts";
import type { Relation } from "../source/relation.ts";
import { isNumericType } from "../source/source-schema.ts";
import { fieldTypeOf } from "../source/sql-type.ts";
import { filePartitionNames } from "./file-partition-names.ts";
import type { Input } from "./input.ts";
import { columnKeys } from "./needed-columns.ts";
import type { TrainedRun } from "./trained-run.ts";

/** Name of the table of the keys of files. */
const FILES = "predict_files";

/**
 * The columns of the input that make the run's keys and that its models read, under the names and in the forms that
 * a run's own source has: `k0 …`, `c0 …`, `position`; beside them what is written, as the input names it. `paths` are
 * those that the user gave.
 */
export async function inputRelation(
  input: Input,
  trained: TrainedRun,
  paths: readonly string[],
  connection: Connection,
): Promise<Relation> {
  const { reads } = trained.model;
  const isPerFile = trained.manifest.job.partitioning.kind === "file";
  const fields = columnKeys(trained);
  const own = [
    ...fields.map((field, i) => `${canonicalKey(field)} as k${i}`),
    ...readExpressions(input, trained).map((expression, i) => `${expression} as c${i}`),
    ...input.written.map((_, i) => `${input.prefix}${i}`),
    "file_row_number as position",
  ];
  const fileRows = input.fileRows ?? (await countRows(input, connection));
  if (isPerFile)
    await keepFileKeys(await filePartitionNames(input.files, paths, trained, connection), connection);
  return {
    sql: isPerFile
      ? `(select * exclude (file_of_row, file) from (select ${[...own, "file_index as file_of_row"].join(", ")} from ${input.typed})
          join ${FILES} on file = file_of_row)`
      : `(select ${own.join(", ")} from ${input.typed})`,
    paths: input.files.map((file) => file.path),
    keyCount: trained.manifest.keys.length,
    columns: reads,
    rowCount: fileRows.reduce((sum, rows) => sum + rows, 0),
    fileRows,
    partitionLimit: null,
  };
}

/** SQL over the typed relation of an input for each column that the models read. */
export function readExpressions(input: Pick<Input, "columns">, { model }: TrainedRun): string[] {
  const columns = sourceColumns(input);
  return model.reads.map((column) => readExpression(column, columns));
}

async function countRows({ files, raw }: Input, connection: Connection): Promise<number[]> {
  const counts = await connection.rows<{ file: number; n: number }>(
    `select file_index::integer as file, count(*)::double as n from ${raw} group by file_index`,
  );
  const rows = new Array<number>(files.length).fill(0);
  for (const { file, n } of counts) rows[file] = n;
  return rows;
}

/** A table, because DuckDB would copy a list of all names for every 2,048 rows. */
async function keepFileKeys(names: readonly string[], connection: Connection): Promise<void> {
  await connection.run(
    `create or replace table ${FILES} as select (row_number() over () - 1)::integer as file, k0
     from (select unnest(${quoteTextList(names)}::VARCHAR[]) as k0)`,
  );
}

/** The input's columns as its typed relation has them. */
function sourceColumns({ columns }: Pick<Input, "columns">): SourceColumn[] {
  return columns.map(({ name, sqlType }) => {
    const types = { sqlType, foundType: sqlType, fieldType: fieldTypeOf(sqlType) };
    return { name, ...types, isNumeric: isNumericType(sqlType), isNamed: true };
  });
}
