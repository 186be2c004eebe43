import { type Dirent, existsSync, statSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { Connection } from "../duckdb/duckdb.ts";
import { quoteText } from "../duckdb/quote.ts";
import { ManyfitError } from "../errors.ts";
import type { SourceFile } from "../job/resolved-job.ts";
import { FILE_ENDINGS, fileFormat } from "./file-format.ts";

/** A file that every run folder has. */
const RUN_MARK = "events.ndjson";

const GLOB_CHARACTERS = /[*?[]/;

/**
 * The files that paths, globs and folders name, each once, in canonical order: by the UTF-8 bytes of the absolute
 * path, which for files under one folder is the order of their paths relative to it. A folder stands for all files
 * of known endings below it; hidden ones and those of run folders are passed over. Throws `source_not_found` for a path that names nothing.
 */
export async function listFiles(paths: readonly string[], connection: Connection): Promise<SourceFile[]> {
  const found = new Map<string, SourceFile>();
  for (const path of paths) {
    for (const file of await filesOf(path, connection)) {
      if (!found.has(file)) found.set(file, await describeFile(file));
    }
  }
  return [...found.values()].sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
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
  const files = rows.map((row) => row.file).filter((file) => fileFormat(file) !== null && !isOfRun(file));
  if (files.length > 0) return files;
  throw new ManyfitError(
    "source_not_found",
    `${path}: matches no file of a known kind (${kinds}); looked in ${process.cwd()}`,
  );
}

async function folderFiles(folder: string): Promise<string[]> {
  const entries: Dirent[] = await readdir(folder, { withFileTypes: true });
  if (entries.some((entry) => entry.name === RUN_MARK)) return [];
  const files: string[] = [];
  for (const entry of entries) {
    if (entry.name.startsWith(".") || entry.name.startsWith("_")) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) files.push(...(await folderFiles(path)));
    else if (fileFormat(path) !== null) files.push(path);
  }
  return files;
}

/** Whether a file is one of a run's tables or parts: what was trained before is no source unless it is named. */
function isOfRun(path: string): boolean {
  const folder = dirname(path);
  return existsSync(join(folder, RUN_MARK)) || existsSync(join(dirname(folder), RUN_MARK));
}

async function describeFile(path: string): Promise<SourceFile> {
  const { size, mtimeMs } = await stat(path);
  return { path, bytes: size, modifiedAtMs: mtimeMs };
}
