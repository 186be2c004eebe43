import type { SourceFile } from "../../job/resolved-job.ts";
import { isGlob, partsOf, sparkPattern } from "./spark-source.ts";

/**
 * The names by which files are keys, as on one machine: their paths from the deepest folder that all given paths have in common
 * (a file's own folder, a folder itself, a glob's folders before the first pattern). Files of several stores are named in full.
 */
export function sparkFileNames(files: readonly SourceFile[], paths: readonly string[]): string[] {
  const parts = files.map(({ path }) => partsOf(path));
  if (new Set(parts.map(({ root }) => root)).size > 1) return files.map(({ path }) => path);
  const listed = new Set(parts.map(({ path }) => path));
  const base = commonFolder(paths.map((path) => staticFolder(sparkPattern(path), listed)));
  const prefix = base === "" ? "/" : `${base}/`;
  return parts.map(({ path }) => (path.startsWith(prefix) ? path.slice(prefix.length) : path));
}

/** The folder of a file, a folder itself, a glob's folders before the first pattern; without a slash at its end. */
function staticFolder(pattern: string, listed: ReadonlySet<string>): string {
  if (isGlob(pattern)) {
    const [beforePattern] = /^(?:\\.|[^\\{}[\]*?])*/s.exec(pattern)!;
    return partsOf(folderOf(beforePattern)).path;
  }
  const { path } = partsOf(pattern);
  return listed.has(path) ? folderOf(path) : path === "/" ? "" : path;
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

function commonFolder(folders: readonly string[]): string {
  const [first = "", ...others] = folders;
  let parts = first.split("/");
  for (const folder of others) {
    const other = folder.split("/");
    const same = parts.findIndex((part, i) => part !== other[i]);
    if (same >= 0) parts = parts.slice(0, same);
  }
  return parts.join("/");
}
