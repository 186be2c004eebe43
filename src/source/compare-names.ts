import type { SourceFile } from "../job/resolved-job.ts";
import type { ColumnDifference, CsvFiles } from "./source-schema.ts";
import { lacksColumn } from "./text/lacks-column.ts";

/** The names of columns that any file has, in the order of the first file and then of those behind it. */
export interface ComparedNames {
  readonly names: readonly string[];
  readonly differences: readonly ColumnDifference[];
}

/** Finds the columns that some files lack, each with the first file that does. The order of columns is no difference. */
export function compareNames(files: readonly SourceFile[], groups: readonly CsvFiles[]): ComparedNames {
  const names = [...new Set(groups.flatMap((group) => group.names))];
  const different = new Map<string, ColumnDifference>();
  let first = 0;
  for (const { fileCount, names: present } of groups) {
    const has = new Set(present);
    for (const column of names) {
      if (has.has(column) || different.has(column)) continue;
      different.set(column, { column, path: files[first]!.path, problem: lacksColumn(column, present) });
    }
    first += fileCount;
  }
  return { names, differences: [...different.values()] };
}
