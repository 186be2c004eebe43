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
 * Counts the rows of each Parquet file and checks that all have the columns `names`: Spark reads a column that a file lacks as
 * NULL, and says nothing.
 * @throws ManyfitError `source_unreadable` where one lacks a column, `source_changed` where there is another file than listed.
 */
export async function countParquetRows(
  raw: Relation,
  files: readonly SourceFile[],
  names: readonly string[],
  asking: Asking,
): Promise<CountedFiles> {
  const place = placesOf(files);
  const rows = new Array<number>(files.length).fill(0);
  const found: { file: string; index: number }[] = [];
  const suspects: number[] = [];
  const columns = names.map((name, i) => `${quoteName(name)} as x${i}`);
  const present = names.map((_, i) => `count(x${i}) as p${i}`);
  const counts = grouped(
    projected(raw, ["_metadata.file_path as file", ...columns]),
    ["file"],
    ["count(*) as n", ...present],
  );
  for await (const table of collectTables(asking.session, counts, asking.signal)) {
    for (const row of table.toArray() as Record<string, unknown>[]) {
      const file = row["file"] as string;
      const index = place(file);
      rows[index] = Number(row["n"]);
      found.push({ file, index });
      if (names.some((_, i) => row[`p${i}`] === 0n)) suspects.push(index);
    }
  }
  await checkColumns(
    suspects.map((index) => files[index]!),
    names,
    asking,
  );
  return { rows, starts: startsOf(rows, found) };
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
async function checkColumns(
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
