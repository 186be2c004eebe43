import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Connection, type Duckdb, openDuckdb } from "../../src/duckdb/duckdb.ts";
import { quoteText } from "../../src/duckdb/quote.ts";
import { temporaryFolder } from "../temporary-folder.ts";

/** How test data is laid down. */
export interface Layout {
  readonly format: "csv" | "csv.gz" | "tsv" | "ndjson" | "jsonl.gz" | "parquet";
  /** Rows are spread over this many files, in order. */
  readonly files: number;
}

const OPTIONS: Readonly<Record<Layout["format"], string>> = {
  csv: "format csv, header",
  "csv.gz": "format csv, header",
  tsv: "format csv, header, delimiter '\t'",
  ndjson: "format json",
  "jsonl.gz": "format json, compression gzip",
  parquet: "format parquet",
};

/** A DuckDB for tests, on a folder that goes when the tests end. */
export function openTestDuckdb(): Promise<Duckdb> {
  return openDuckdb({ threads: 2, memoryBytes: 4e9, tempFolder: temporaryFolder() });
}

/**
 * Writes the rows of a query, in its order, as the files of a source, and returns their paths. The query has a column
 * `n` that numbers the rows from 0.
 */
export async function writeSource(
  connection: Connection,
  query: string,
  { format, files }: Layout,
): Promise<string[]> {
  const folder = join(temporaryFolder(), "source");
  mkdirSync(folder);
  await connection.run(`create or replace table to_write as ${query}`);
  const [size] = await connection.rows<{ n: number }>("select count(*)::double as n from to_write");
  const rowsPerFile = Math.ceil(size!.n / files);
  const paths: string[] = [];
  for (let file = 0; file < files; file++) {
    const path = join(folder, `part-${String(file).padStart(4, "0")}.${format}`);
    const options = OPTIONS[format];
    await connection.run(
      `copy (select * from to_write where n >= ${file * rowsPerFile} and n < ${(file + 1) * rowsPerFile} order by n)
       to ${quoteText(path)} (${options})`,
    );
    paths.push(path);
  }
  await connection.run("drop table to_write");
  return paths;
}
