import type { Connection } from "../duckdb/duckdb.ts";
import { ManyfitError } from "../errors.ts";
import type { SourceSpec } from "../job/job.ts";
import type { SourceFile } from "../job/resolved-job.ts";
import { commonFormat } from "./file-format.ts";
import { inspectCsv } from "./inspect-csv.ts";
import { inspectParquet } from "./inspect-parquet.ts";
import { checkNames, withToldTypes } from "./inspect-source.ts";
import { listFiles } from "./list-files.ts";
import type { SourceSchema } from "./source-schema.ts";

/** Files that are tried one after the other until one of them can be read. */
const TRIED_FILES = 8;

/** What was found out about files of which each is a partition. */
export interface InspectedFiles {
  /** All files, and the columns to expect in them. */
  readonly schema: SourceSchema;
  /** The file that tells them: the largest that can be read. */
  readonly largest: SourceFile;
}

/**
 * Finds the files of a source in which each is a partition, and the columns to expect, from the largest of them that
 * can be read: no other is opened, because what is wrong with a file concerns its own partition only.
 */
export async function inspectFiles(spec: SourceSpec, connection: Connection): Promise<InspectedFiles> {
  const files = await listFiles(spec.paths, connection);
  const format = commonFormat(files.map((file) => file.path));
  const schema = await inspectLargest(files, format, connection);
  const largest = schema.files[0]!;
  checkNames(schema.columns, largest.path);
  const columns = withToldTypes(schema.columns, spec.types);
  const ofAll = schema.format === "csv" ? schema : { ...schema, fileRows: null };
  return { schema: { ...ofAll, files, columns }, largest };
}

async function inspectLargest(
  files: readonly SourceFile[],
  format: "csv" | "parquet",
  connection: Connection,
): Promise<SourceSchema> {
  const inspect = format === "csv" ? inspectCsv : inspectParquet;
  const largestFirst = [...files].sort((a, b) => b.bytes - a.bytes);
  let first: unknown = null;
  for (const file of largestFirst.slice(0, TRIED_FILES)) {
    try {
      return await inspect([file], connection);
    } catch (error) {
      if (!(error instanceof ManyfitError)) throw error;
      first ??= error;
    }
  }
  throw first;
}
