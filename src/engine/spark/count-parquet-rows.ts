import type { Relation } from "#spark-connect/relations";
import { ManyfitError } from "../../errors.ts";
import type { ResolvedJob, SourceFile } from "../../job/resolved-job.ts";
import { lacksColumn } from "../../source/text/lacks-column.ts";
import { collectTables } from "./collect-tables.ts";
import type { Asking } from "./list-spark-files.ts";
import { fileRows, grouped, projected, quoteName } from "./relations.ts";
import { sourceColumns } from "./spark-schema.ts";
import { literalPath, partsOf } from "./spark-source.ts";

/** The rows of Parquet files. */
export interface CountedFiles {
  /** Rows of each file, in the order of the files. */
  readonly rows: readonly number[];
  /** Each file that has rows as `_metadata.file_path` names it, with the position of its first row. */
  readonly starts: readonly { readonly file: string; readonly start: number }[];
}

/** Files that are asked for their columns at a time. */
const ASKED_AT_A_TIME = 8;

/**
 * Counts the rows of each Parquet file, without a look at their columns.
 * @throws ManyfitError `source_changed` where there is another file than listed.
 */
export async function countParquetRows(
  raw: Relation,
  files: readonly SourceFile[],
  asking: Asking,
): Promise<CountedFiles> {
  const rows = new Array<number>(files.length).fill(0);
  const found: { file: string; index: number }[] = [];
  for await (const { file, index, values } of byFile(raw, files, { names: [], ...asking })) {
    rows[index] = Number(values["n"]);
    found.push({ file, index });
  }
  return { rows, starts: startsOf(rows, found) };
}

/**
 * Checks that all files have the columns `names`: Spark reads a column that a file lacks as NULL, and says nothing. It is one
 * more pass over the source, needed only where there are NULLs.
 * @throws ManyfitError `source_unreadable` where one lacks a column.
 */
export async function checkParquetColumns(
  raw: Relation,
  files: readonly SourceFile[],
  names: readonly string[],
  asking: Asking,
): Promise<void> {
  const suspects: SourceFile[] = [];
  for await (const { index, values } of byFile(raw, files, { names, ...asking })) {
    if (names.some((_, i) => values[`p${i}`] === 0n)) suspects.push(files[index]!);
  }
  await askColumns(suspects, names, asking);
}

/** For each file that has rows their count `n`, and of each of some columns the count of values `p0 …`. */
async function* byFile(
  raw: Relation,
  files: readonly SourceFile[],
  { names, session, signal }: Asking & { readonly names: readonly string[] },
): AsyncGenerator<{ file: string; index: number; values: Readonly<Record<string, unknown>> }> {
  const place = placesOf(files);
  const columns = names.map((name, i) => `${quoteName(name)} as x${i}`);
  const present = names.map((_, i) => `count(x${i}) as p${i}`);
  const rows = projected(raw, ["_metadata.file_path as file", ...columns]);
  const counts = grouped(rows, ["file"], ["count(*) as n", ...present]);
  for await (const table of collectTables(session, counts, signal)) {
    for (const values of table.toArray() as Record<string, unknown>[]) {
      const file = values["file"] as string;
      yield { file, index: place(file), values };
    }
  }
}

/** The columns of a job that have to be in every file. */
export function usedNames({ keyFields, readColumns, orderBy }: ResolvedJob): string[] {
  return [
    ...new Set([...keyFields.map(({ name }) => name), ...readColumns.map(({ name }) => name), ...orderBy]),
  ];
}

/** Finds the index of a file by its name in `_metadata`, which has escapes as in URIs; some stores write it plainly. */
function placesOf(files: readonly SourceFile[]): (file: string) => number {
  const places = new Map(files.map(({ path }, i) => [nameOf(path), i]));
  return (file) => {
    const index = places.get(nameOf(file)) ?? places.get(nameOf(unescaped(file)));
    if (index !== undefined) return index;
    const text = `${file}: was not there when the files of the source were listed; run again when nothing writes to them`;
    throw new ManyfitError("source_changed", text);
  };
}

function nameOf(uri: string): string {
  const [, root = "", path = ""] = /^(\w[\w+.-]*:(?:\/\/[^/]+)?)?\/*(.*)$/s.exec(uri)!;
  return `${root}/${path}`;
}

function unescaped(uri: string): string {
  try {
    return decodeURIComponent(uri);
  } catch {
    return uri;
  }
}

function startsOf(
  rows: readonly number[],
  found: readonly { readonly file: string; readonly index: number }[],
): CountedFiles["starts"] {
  const starts: number[] = [];
  let start = 0;
  for (const count of rows) {
    starts.push(start);
    start += count;
  }
  return found.map(({ file, index }) => ({ file, start: starts[index]! }));
}

/** Asks files in which a column has no value at all whether they have the column. */
async function askColumns(
  files: readonly SourceFile[],
  names: readonly string[],
  { session, signal }: Asking,
): Promise<void> {
  for (let i = 0; i < files.length; i += ASKED_AT_A_TIME) {
    const asked = files.slice(i, i + ASKED_AT_A_TIME);
    await Promise.all(
      asked.map(async ({ path }) => {
        const schema = await session.schemaOf(fileRows("parquet", [literalPath(path)]), signal);
        const here = sourceColumns(schema).map(({ name }) => name);
        const missing = names.find((name) => !here.includes(name));
        if (missing === undefined) return;
        const text = `${partsOf(path).path}: ${lacksColumn(missing, here)}; what keys, trainer and order use has to be the same in all files`;
        throw new ManyfitError("source_unreadable", text);
      }),
    );
  }
}
