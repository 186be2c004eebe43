import type { Connection } from "../duckdb/duckdb.ts";
import { ManyfitError } from "../errors.ts";
import type { SourceSpec } from "../job/job.ts";
import type { SourceFile } from "../job/resolved-job.ts";
import type { UnreadableFile } from "../run/unreadable-file.ts";
import { checkContent } from "../source/check-content.ts";
import { groupCsvFiles } from "../source/csv-files.ts";
import { inspectFiles } from "../source/inspect-files.ts";
import { withToldTypes } from "../source/inspect-source.ts";
import { listFiles } from "../source/list-files.ts";
import type { CsvFiles, CsvSchema, SourceSchema } from "../source/source-schema.ts";
import { lacksColumn } from "../source/text/lacks-column.ts";
import { findParquetFiles } from "./find-parquet-files.ts";
import { headersOnly, textColumn } from "./find-table.ts";
import type { FoundFile, FoundFiles, FoundSource } from "./found-source.ts";
import { unreadableFile } from "./refuse-files.ts";

/** Files whose beginnings are read at the same time. */
const OPEN_FILES = 16;

/**
 * Finds the files of a source in which each is a partition. What is to be expected in them the largest that can be read
 * tells; each must have the columns `needed`, in any order, and may have others.
 * @throws ManyfitError where no file can be read, and for types told of columns that are not there.
 */
export async function findFiles(
  spec: SourceSpec,
  needed: readonly string[],
  connection: Connection,
): Promise<FoundFiles> {
  const { schema, files } = await inspectFiles(spec, connection).catch((error: unknown) =>
    withoutRows(error, spec, connection),
  );
  const expected = { schema, needed };
  if (schema.format === "parquet") return findParquetFiles(files, expected, connection);
  if (schema.format === "ndjson") return findNdjsonFiles(files, schema);
  const isCommentTold = spec.dialect.comment !== null;
  const found = await openAll(files, async (file) => {
    const [group] = await groupCsvFiles([file], schema.dialect, isCommentTold);
    return { file, csv: checkedGroup(group!, needed), rows: null, mixedNumbers: new Map() };
  });
  return { source: sharedNames(found.opened, schema), unreadable: found.unreadable };
}

/** Opens files, some at a time: what is found in those that can be read, and what is wrong with the others. */
async function openAll(
  files: readonly SourceFile[],
  open: (file: SourceFile) => Promise<FoundFile>,
): Promise<{ readonly opened: FoundFile[]; readonly unreadable: UnreadableFile[] }> {
  const opened: FoundFile[] = [];
  const unreadable: UnreadableFile[] = [];
  for (let from = 0; from < files.length; from += OPEN_FILES) {
    const some = files.slice(from, from + OPEN_FILES);
    for (const [i, result] of (await Promise.allSettled(some.map(open))).entries()) {
      if (result.status === "fulfilled") opened.push(result.value);
      else if (!(result.reason instanceof ManyfitError)) throw result.reason;
      else unreadable.push(unreadableFile(some[i]!.path, result.reason));
    }
  }
  return { opened, unreadable };
}

async function withoutRows(
  error: unknown,
  spec: SourceSpec,
  connection: Connection,
): Promise<{ readonly schema: SourceSchema; readonly files: readonly SourceFile[] }> {
  if (!(error instanceof ManyfitError) || error.code !== "source_empty") throw error;
  const files = await listFiles(spec.paths, connection);
  const largest = files.reduce((a, b) => (b.bytes > a.bytes ? b : a));
  const schema = await headersOnly([largest], spec, connection);
  if (schema === null) throw error;
  return { schema: { ...schema, columns: withToldTypes(schema.columns, spec.types) }, files };
}

function checkedGroup(group: CsvFiles, needed: readonly string[]): CsvFiles {
  const missing = needed.find((name) => !group.names.includes(name));
  if (missing === undefined) return group;
  throw new ManyfitError("source_unreadable", lacksColumn(missing, group.names));
}

function sharedNames(files: readonly FoundFile[], { dialect, columns }: CsvSchema): FoundSource | null {
  if (files.length === 0) return null;
  const counts = new Map<string, number>();
  for (const { csv } of files) {
    for (const name of csv!.names) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const known = new Map(columns.map((column) => [column.name, column]));
  const isShared = (name: string): boolean => counts.get(name) === files.length;
  return {
    format: "csv",
    dialect,
    files,
    columns: files[0]!.csv!.names.filter(isShared).map((name) => known.get(name) ?? textColumn(name)),
    leftOut: [...counts.keys()].filter((name) => !isShared(name)),
  };
}

/** A line that lacks a field has NULL there: NDJSON files have the same columns, whatever is in them. */
async function findNdjsonFiles(files: readonly SourceFile[], { columns }: SourceSchema): Promise<FoundFiles> {
  const { opened, unreadable } = await openAll(files, async (file) => {
    checkContent(file.path, "ndjson");
    return { file, csv: null, rows: null, mixedNumbers: new Map() };
  });
  const source = { format: "ndjson" as const, dialect: null, files: opened, columns, leftOut: [] };
  return { source: opened.length === 0 ? null : source, unreadable };
}
