import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SqlValue } from "../../src/duckdb/duckdb.ts";
import { quoteText } from "../../src/duckdb/quote.ts";
import { type Prediction, predict } from "../../src/predict.ts";
import type { PredictOptions } from "../../src/predict-options.ts";
import { train } from "../../src/train.ts";
import type { TrainOptions } from "../../src/train-options.ts";
import { openTestDuckdb } from "../source/write-source.ts";
import { temporaryFolder } from "../temporary-folder.ts";

/** Real data of the tests. */
export const DATA = new URL("../data/", import.meta.url).pathname;

/** Life expectancy by country and year. */
export const GAPMINDER = `${DATA}gapminder/gapminder_unfiltered.csv`;

/** Trains in the caller's thread and gives the run's folder. */
export async function trained(options: Omit<TrainOptions, "runs" | "workers">): Promise<string> {
  const run = await train({ ...options, runs: temporaryFolder(), workers: 0 } as TrainOptions);
  await run.close();
  return run.folder;
}

/** Runs SQL in a DuckDB of its own and gives the rows of its last statement. */
export async function sql<Row extends Readonly<Record<string, SqlValue>>>(text: string): Promise<Row[]> {
  const duckdb = await openTestDuckdb();
  const connection = await duckdb.connect();
  try {
    return await connection.rows<Row>(text);
  } finally {
    connection.close();
    duckdb.close();
  }
}

/** Writes the rows of a query to a Parquet file of a folder of its own. */
export async function parquet(query: string, name = "rows.parquet"): Promise<string> {
  const path = join(temporaryFolder(), name);
  await sql(`copy (${query}) to ${quoteText(path)} (format parquet)`);
  return path;
}

/** Writes lines to a CSV file of a folder of its own. */
export function csv(lines: readonly string[], name = "rows.csv"): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, `${lines.join("\n")}\n`);
  return path;
}

/** A prediction with a file of its own. */
export async function predicted(
  options: Omit<PredictOptions, "out">,
  ending: "parquet" | "csv" | "csv.gz",
): Promise<Prediction> {
  return predict({ ...options, out: join(temporaryFolder(), `out.${ending}`) });
}
