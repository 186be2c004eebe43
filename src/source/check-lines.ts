import type { Connection } from "../duckdb/duckdb.ts";
import { readJsonLines } from "../duckdb/read-files.ts";
import type { ResolvedJob } from "../job/resolved-job.ts";
import { explainNdjson } from "./explain-ndjson.ts";

/**
 * Checks that no line of NDJSON files that were staged is the word `null`, which DuckDB reads as a row without a value.
 * Only files with such rows are looked at.
 * @throws ManyfitError `source_unreadable`
 */
export async function checkLines(
  staged: string,
  { files, keyFields, readColumns }: ResolvedJob,
  connection: Connection,
): Promise<void> {
  const isEmpty = [
    ...keyFields.map((_, i) => `k${i} is null`),
    ...readColumns.map(({ type, hasValidity }, i) =>
      type === "text" || hasValidity ? `c${i} is null` : `isnan(c${i})`,
    ),
  ];
  if (isEmpty.length === 0) return;
  const suspects = await connection.rows<{ file: number }>(
    `select distinct file from ${staged} where ${isEmpty.join(" and ")} order by file`,
  );
  for (const { file } of suspects) {
    const { path } = files[file]!;
    const nulls = await connection.rows<{ one: number }>(
      `select 1 as one from ${readJsonLines([path])} where json_type(json) = 'NULL' limit 1`,
    );
    if (nulls.length > 0) throw await explainNdjson(new Error("a line is null"), [path], new Map());
  }
}
