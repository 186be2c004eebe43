import { join } from "node:path";
import type { Connection } from "../duckdb/duckdb.ts";
import { quoteIdentifier } from "../duckdb/quote.ts";
import type { SourceFile } from "../job/resolved-job.ts";
import { fileNames } from "../source/file-keys.ts";
import { readStoredParquet } from "../store/parquet-sql.ts";
import { RUN_FILE } from "../store/run-files.ts";
import type { TrainedRun } from "./trained-run.ts";

/**
 * The names by which files find their models in a run with one model per file: a file that the run was trained on, which
 * is to say one at the same absolute path, has its own, from whatever folder it is named now; every other one has its
 * path below the deepest folder that `paths` have in common, as in training.
 */
export async function filePartitionNames(
  files: readonly SourceFile[],
  paths: readonly string[],
  { folder, manifest }: TrainedRun,
  connection: Connection,
): Promise<string[]> {
  const names = fileNames(files, paths);
  const places = new Map(manifest.sources.map(({ path }, partition) => [path, partition]));
  if (!files.some(({ path }) => places.has(path))) return names;
  const ledger = readStoredParquet([join(folder, RUN_FILE.ledger)]);
  const key = quoteIdentifier(manifest.keys[0]!.column);
  // DuckDB's binding drops a byte order mark at the beginning of a text, so that none may begin with one.
  const rows = await connection.rows<{ name: string }>(
    `select '.' || ${key} as name from ${ledger} order by partition`,
  );
  return files.map(({ path }, i) => {
    const partition = places.get(path);
    return partition === undefined ? names[i]! : rows[partition]!.name.slice(1);
  });
}
