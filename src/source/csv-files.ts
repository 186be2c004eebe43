import { ManyfitError } from "../errors.ts";
import type { Dialect } from "../job/dialect.ts";
import type { SourceFile } from "../job/resolved-job.ts";
import { checkContent } from "./check-content.ts";
import { checkNames } from "./check-names.ts";
import { type CsvHeader, readCsvHeader } from "./read-header.ts";
import { scanComments } from "./scan-comments.ts";
import type { CsvFiles } from "./source-schema.ts";

/**
 * CSV files with their columns, neighbours that are read alike put together. A column without a name gets one from its
 * place: `column0`. `isCommentTold` says that the user named the comment character.
 * @throws ManyfitError `source_empty`, `source_unreadable`
 */
export async function groupCsvFiles(
  files: readonly SourceFile[],
  dialect: Dialect,
  isCommentTold: boolean,
): Promise<CsvFiles[]> {
  const groups: CsvFiles[] = [];
  let [last, lastKey] = [null as CsvFiles | null, ""];
  for (const { path } of files) {
    const found = await csvFileOf(path, dialect, isCommentTold);
    const key = JSON.stringify(found);
    if (last !== null && key === lastKey) {
      last = { ...last, fileCount: last.fileCount + 1 };
      groups[groups.length - 1] = last;
      continue;
    }
    [last, lastKey] = [found, key];
    groups.push(found);
  }
  return groups;
}

async function csvFileOf(path: string, dialect: Dialect, isCommentTold: boolean): Promise<CsvFiles> {
  checkContent(path, "csv");
  const header = await readCsvHeader(path, dialect);
  const names = header.fields.map((name, i) => (name === "" ? `column${i}` : name));
  checkNames(names, path);
  const way = dialect.comment === null ? null : await commentsOf(path, dialect, { header, isCommentTold });
  const plain = { skip: header.linesBefore, hasComments: false };
  const newLine = names.some((name) => /[\r\n]/.test(name)) ? header.lineEnd : null;
  return { fileCount: 1, names, ...(way ?? plain), newLine };
}

/**
 * How DuckDB is made to pass over comments. It knows them wherever they are, but cuts a line at the character anywhere
 * in it; it can pass over the first lines instead, but then minds the quotes in them; and it loses rows where both are
 * asked for, or something else stands before the header. What neither way reads for sure is refused.
 */
async function commentsOf(
  path: string,
  dialect: Dialect,
  { header, isCommentTold }: { readonly header: CsvHeader; readonly isCommentTold: boolean },
): Promise<Pick<CsvFiles, "skip" | "hasComments">> {
  const { hasComments, lineWithin, rowLikeLine } = await scanComments(path, dialect, header);
  const { linesBefore, hasQuoteBefore } = header;
  const sign = JSON.stringify(dialect.comment);
  const obstacle = obstacleOf(header);
  const refuse = (problem: string): never => {
    throw new ManyfitError("source_unreadable", `${path}${problem}`);
  };
  if (obstacle !== null && (hasComments || hasQuoteBefore)) {
    const place = hasComments ? "among its rows" : "with quotes in them";
    refuse(`: has comments ${place}, and ${obstacle}; remove it`);
  }
  if (!isCommentTold && rowLikeLine !== null)
    refuse(
      `, line ${rowLikeLine}: begins with ${sign} and has as many fields as a row; if it is a comment, say so with --comment '${dialect.comment}', else put its first field in quotes`,
    );
  if (lineWithin !== null && (hasComments || hasQuoteBefore))
    refuse(
      `, line ${lineWithin}: has ${sign} within it, and other lines that begin with ${sign} are comments; put the field in quotes, or remove the comments`,
    );
  return hasComments || hasQuoteBefore
    ? { skip: 0, hasComments: true }
    : { skip: linesBefore, hasComments: false };
}

/** What stands before the header beside comments; null for nothing. */
function obstacleOf({ emptyLines, linesBefore, hasMark }: CsvHeader): string | null {
  if (emptyLines > 0) return "an empty line before its header";
  return hasMark && linesBefore > 0 ? "a byte order mark before the first of them" : null;
}
