import { type Dirent, existsSync, lstatSync, realpathSync, statSync } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import type { Connection } from "../duckdb/duckdb.ts";
import { quoteText } from "../duckdb/quote.ts";
import { ManyfitError } from "../errors.ts";
import type { SourceFile } from "../job/resolved-job.ts";
import { FILE_ENDINGS, hasKnownEnding } from "./file-format.ts";

/** Files that every run folder has; one of them alone may be somebody's data. */
export const RUN_MARKS = ["events.ndjson", "job.json"];

const GLOB_CHARACTERS = /[*?[]/;

/**
 * The files that paths, globs and folders name, each once, in canonical order: by the UTF-8 bytes of the absolute
 * path, which for files under one folder is the order of their paths relative to it. A folder stands for all files
 * of known endings below it, links followed; hidden ones and those of run folders are passed over. A file that has
 * several names through links goes by its own. Throws `source_not_found` for a path that names nothing.
 */
export async function listFiles(paths: readonly string[], connection: Connection): Promise<SourceFile[]> {
  const described = new Set<string>();
  const byRealPath = new Map<string, NamedFile>();
  const realFolder = remembered((folder) => realpathSync(folder));
  for (const path of paths) {
    for (const name of await filesOf(path, connection)) {
      if (described.has(name)) continue;
      described.add(name);
      const file = describeFile(name, realFolder);
      const known = byRealPath.get(file.realPath);
      if (known === undefined || isBetterName(file, known)) byRealPath.set(file.realPath, file);
    }
  }
  return [...byRealPath.values()]
    .sort((a, b) => Buffer.compare(a.nameBytes, b.nameBytes))
    .map(({ file }) => file);
}

/** Throws `source_changed` if any of the files is not as it was when it was listed. */
export function checkUnchanged(files: readonly SourceFile[]): void {
  for (const file of files) {
    const now = statSync(file.path, { throwIfNoEntry: false });
    if (now?.size === file.bytes && now.mtimeMs === file.modifiedAtMs) continue;
    const found = now ? `${file.bytes} bytes before, ${now.size} now` : "it is gone";
    throw new ManyfitError(
      "source_changed",
      `${file.path}: changed while it was read (${found}); run again when nothing writes to it`,
    );
  }
}

async function filesOf(path: string, connection: Connection): Promise<string[]> {
  const absolute = resolve(path);
  const here = await stat(absolute).catch(() => null);
  const kinds = FILE_ENDINGS.join(", ");
  if (here?.isDirectory()) {
    const files = await folderFiles(absolute);
    if (files.length > 0) return files;
    throw new ManyfitError(
      "source_not_found",
      `${path}: is a folder without any file of a known kind (${kinds})`,
    );
  }
  if (here) return [absolute];
  if (!GLOB_CHARACTERS.test(path)) {
    throw new ManyfitError("source_not_found", `${path}: does not exist; looked for ${absolute}`);
  }
  const rows = await connection.rows<{ file: string }>(`select file from glob(${quoteText(absolute)})`);
  const isRunFolder = remembered((folder) => RUN_MARKS.every((mark) => existsSync(join(folder, mark))));
  const files = rows
    .map((row) => row.file)
    .filter((file) => hasKnownEnding(file) && !isOfRun(file, isRunFolder));
  if (files.length > 0) return files;
  throw new ManyfitError(
    "source_not_found",
    `${path}: matches no file of a known kind (${kinds}); looked in ${process.cwd()}`,
  );
}

/** All files below a folder; `above` are the real paths of the folders that led to it. */
async function folderFiles(folder: string, above: readonly string[] = []): Promise<string[]> {
  const entries: Dirent[] = await readdir(folder, { withFileTypes: true });
  if (RUN_MARKS.every((mark) => entries.some((entry) => entry.name === mark))) return [];
  const real = await realpath(folder);
  if (above.includes(real)) return [];
  const files: string[] = [];
  for (const entry of entries) {
    if (entry.name.startsWith(".") || entry.name.startsWith("_")) continue;
    const path = join(folder, entry.name);
    if (await isFolder(entry, path)) {
      for (const file of await folderFiles(path, [...above, real])) files.push(file);
    } else if (hasKnownEnding(path)) files.push(path);
  }
  return files;
}

async function isFolder(entry: Dirent, path: string): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  const target = await stat(path).catch(() => null);
  return target?.isDirectory() === true;
}

/** Whether a file is one of a run's tables or parts: what was trained before is no source unless it is named. */
function isOfRun(path: string, isRunFolder: (folder: string) => boolean): boolean {
  const folder = dirname(path);
  return isRunFolder(folder) || isRunFolder(dirname(folder));
}

/** A file under one of its names. */
interface NamedFile {
  readonly file: SourceFile;
  readonly nameBytes: Buffer;
  readonly realPath: string;
  readonly isLink: boolean;
}

/** Blocks, because a hundred thousand files are asked for sooner than promises for them are made. */
function describeFile(path: string, realFolder: (folder: string) => string): NamedFile {
  try {
    const entry = lstatSync(path);
    const isLink = entry.isSymbolicLink();
    const { size, mtimeMs } = isLink ? statSync(path) : entry;
    const realPath = isLink ? realpathSync(path) : join(realFolder(dirname(path)), basename(path));
    const file = { path, bytes: size, modifiedAtMs: mtimeMs };
    return { file, nameBytes: Buffer.from(path), realPath, isLink };
  } catch (cause) {
    const text = `${path}: is listed and cannot be found (${(cause as Error).message}); a link to nothing, or gone meanwhile: remove it, or name the other files`;
    throw new ManyfitError("source_not_found", text, { cause });
  }
}

/** A name without links is better than one through a folder that is one, that better than a link; else the first. */
function isBetterName(file: NamedFile, known: NamedFile): boolean {
  const rank = ({ file: { path }, realPath, isLink }: NamedFile): number =>
    path === realPath ? 0 : isLink ? 2 : 1;
  return (
    rank(file) - rank(known) < 0 ||
    (rank(file) === rank(known) && Buffer.compare(file.nameBytes, known.nameBytes) < 0)
  );
}

/** A function that is called once for each folder. */
function remembered<T>(ask: (folder: string) => T): (folder: string) => T {
  const answers = new Map<string, T>();
  return (folder) => {
    const known = answers.get(folder);
    if (known !== undefined) return known;
    const answer = ask(folder);
    answers.set(folder, answer);
    return answer;
  };
}
