import { statSync } from "node:fs";
import { dirname, relative, resolve, sep } from "node:path";
import type { SourceFile } from "../job/resolved-job.ts";
import type { KeyList } from "../key/key-list.ts";
import { encodeKeyBatch } from "../key/key-list-builder.ts";

const GLOB_CHARACTERS = /[*?[]/;

/**
 * The names by which files are keys: their paths from the deepest folder that all given paths have in common (a
 * file's own folder, a folder itself, a glob's folders before the first pattern), with `/` between folders. So a key
 * does not depend on where the data lies, nor on whether the shell or manyfit expanded a pattern.
 */
export function fileNames(files: readonly SourceFile[], paths: readonly string[]): string[] {
  const base = commonFolder(paths.map(staticFolder));
  return files.map(({ path }) => relative(base, path).split(sep).join("/"));
}

/** The keys of files that are partitions each, in the order of the files. */
export function fileKeys(names: readonly string[]): KeyList {
  return encodeKeyBatch([{ type: "text", values: [...names], isValid: null }], names.length);
}

function staticFolder(path: string): string {
  const absolute = resolve(path);
  const found = statSync(absolute, { throwIfNoEntry: false });
  if (found?.isDirectory()) return absolute;
  if (found !== undefined) return dirname(absolute);
  const parts = absolute.split(sep);
  const pattern = parts.findIndex((part) => GLOB_CHARACTERS.test(part));
  return (
    (pattern < 0 ? parts.slice(0, -1) : parts.slice(0, Math.min(pattern, parts.length - 1))).join(sep) || sep
  );
}

function commonFolder(folders: readonly string[]): string {
  const [first = sep, ...others] = folders;
  let parts = first.split(sep);
  for (const folder of others) {
    const other = folder.split(sep);
    const same = parts.findIndex((part, i) => part !== other[i]);
    if (same >= 0) parts = parts.slice(0, same);
  }
  return parts.join(sep) || sep;
}
