import { join } from "node:path";
import type { Connection } from "../duckdb/duckdb.ts";
import { readStoredParquet } from "../store/parquet-sql.ts";
import { RUN_FILE } from "../store/run-files.ts";
import type { TrainedRun } from "./trained-run.ts";

/** Dotted names of the classes of a run's models, where these say them, in order. */
export async function modelClasses({ folder }: TrainedRun, connection: Connection): Promise<string[]> {
  const rows = await connection.rows<{ name: string }>(
    `select distinct model->>'class' as name from ${readStoredParquet([join(folder, RUN_FILE.models)])}
      where model->>'class' is not null order by name`,
  );
  return rows.map(({ name }) => name);
}
