import type { Connection } from "../duckdb/duckdb.ts";
import { ManyfitError } from "../errors.ts";
import type { SourceSpec } from "../job/job.ts";
import type { SourceFile } from "../job/resolved-job.ts";
import { commonFormat } from "./file-format.ts";
import { inspectAll, withToldTypes } from "./inspect-source.ts";
import { listFiles } from "./list-files.ts";
import type { SourceSchema } from "./source-schema.ts";

/** Files that are tried one after the other until one of them can be read. */
const TRIED_FILES = 8;

/** What was found out about files of which each is a partition. */
export interface InspectedFiles {
  /** The columns to expect in them, as the largest has them, which is its only file. */
  readonly schema: SourceSchema;
  /** All files. */
  readonly files: readonly SourceFile[];
  /** The largest that can be read. */
  readonly largest: SourceFile;
}

/**
 * Finds the files of a source in which each is a partition, and the columns to expect, from the largest of them that
 * can be read: no other is opened, because what is wrong with a file concerns its own partition only.
 */
export async function inspectFiles(spec: SourceSpec, connection: Connection): Promise<InspectedFiles> {
  const files = await listFiles(spec.paths, connection);
  const common = commonFormat(
    files.map((file) => file.path),
    spec.dialect.delimiter,
  );
  const schema = await inspectLargest(files, (file) => inspectAll([file], common, spec, connection));
  const largest = schema.files[0]!;
  return { schema: { ...schema, columns: withToldTypes(schema.columns, spec.types) }, files, largest };
}

/** What is found in the largest file that can be read, of the few largest; where none can, what is wrong with the largest. */
export async function inspectLargest(
  files: readonly SourceFile[],
  inspect: (file: SourceFile) => Promise<SourceSchema>,
): Promise<SourceSchema> {
  const largestFirst = [...files].sort((a, b) => b.bytes - a.bytes);
  let first: unknown = null;
  for (const file of largestFirst.slice(0, TRIED_FILES)) {
    try {
      return await inspect(file);
    } catch (error) {
      if (!(error instanceof ManyfitError)) throw error;
      first ??= error;
    }
  }
  throw first;
}

/** Says of which file it is that its columns are not what a trainer needs: the others may have them. */
export function ofLargest(error: unknown, { path }: SourceFile): unknown {
  const isOfColumns =
    error instanceof ManyfitError && (error.code === "unknown_column" || error.code === "unsupported_type");
  if (!isOfColumns) return error;
  const text = `${error.message}; so it is in the largest file that can be read, ${path}`;
  return new ManyfitError(error.code, text, { cause: error });
}
