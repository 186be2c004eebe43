import { existsSync } from "node:fs";
import { ManyfitError } from "../../errors.ts";
import type { SourceFile } from "../../job/resolved-job.ts";
import { FILE_ENDINGS, hasKnownEnding } from "../../source/file-format.ts";
import { RUN_MARKS } from "../../source/list-files.ts";
import { collectTables } from "./collect-tables.ts";
import type { SparkSession } from "./connect/session.ts";
import { fileRows, projected } from "./relations.ts";
import { isGlob, isUri, partsOf, sparkPattern } from "./spark-source.ts";

/** What asks Spark. */
export interface Asking {
  readonly session: SparkSession;
  readonly signal: AbortSignal;
}

const KINDS = FILE_ENDINGS.join(", ");

/**
 * The files that paths, globs and folders name on the cluster, each once and by its URI, in canonical order: by the UTF-8
 * bytes of it, which for files under one folder is the order of their paths relative to it, as on one machine. A folder
 * stands for all files of known endings below it; Spark passes over those whose name begins with `.` or `_`, and files of
 * run folders are passed over here. No content is read.
 * @throws ManyfitError `source_not_found` for a path that names nothing there.
 */
export async function listSparkFiles(paths: readonly string[], asking: Asking): Promise<SourceFile[]> {
  const patterns = paths.map(sparkPattern);
  const listed = await namedFiles(patterns, asking).catch((error: unknown) => {
    throw notFound(error, paths);
  });
  const plain = patterns.flatMap((pattern) => (isGlob(pattern) ? [] : [partsOf(pattern).path]));
  const named = new Set(plain);
  const isOfRun = runFileTest(listed);
  const files = listed.filter(
    ({ path }) => named.has(partsOf(path).path) || (hasKnownEnding(path) && !isOfRun(path)),
  );
  const found = withFolders(files);
  for (const [i, pattern] of patterns.entries()) {
    if (isGlob(pattern)) continue;
    const { path } = partsOf(pattern);
    if (found.has(path)) continue;
    const text = `${paths[i]}: has no file of a known kind on the cluster (${KINDS}); files whose name begins with . or _ are passed over by Spark`;
    throw new ManyfitError("source_not_found", text);
  }
  if (files.length > 0) return files;
  throw new ManyfitError(
    "source_not_found",
    `${paths[0]}: matches no file of a known kind on the cluster (${KINDS})`,
  );
}

/** The paths of files and of all folders above them. */
function withFolders(files: readonly SourceFile[]): ReadonlySet<string> {
  const found = new Set(["/"]);
  for (const file of files) {
    let { path } = partsOf(file.path);
    while (path !== "" && !found.has(path)) {
      found.add(path);
      path = path.slice(0, path.lastIndexOf("/"));
    }
  }
  return found;
}

async function namedFiles(patterns: readonly string[], { session, signal }: Asking): Promise<SourceFile[]> {
  const files = new Map<string, { readonly file: SourceFile; readonly bytes: Buffer }>();
  const listing = fileRows("binaryFile", patterns, { recursiveFileLookup: "true" });
  const columns = ["path", "length", "unix_micros(modificationTime) as modified"];
  for await (const table of collectTables(session, projected(listing, columns), signal)) {
    const [path, length, modified] = ["path", "length", "modified"].map((name) => table.getChild(name));
    for (let i = 0; i < table.numRows; i++) {
      const name = path!.at(i) as string;
      const file = {
        path: name,
        bytes: Number(length!.at(i)),
        modifiedAtMs: Number(modified!.at(i)) / 1000,
      };
      files.set(name, { file, bytes: Buffer.from(name) });
    }
  }
  return [...files.values()].sort((a, b) => Buffer.compare(a.bytes, b.bytes)).map(({ file }) => file);
}

/** Whether a file lies in a folder of a run: its tables are no source unless they are named. */
function runFileTest(files: readonly SourceFile[]): (path: string) => boolean {
  const names = new Set(files.map(({ path }) => path));
  const [mark, ...others] = RUN_MARKS;
  const folders = [...names]
    .filter((path) => path.endsWith(`/${mark}`))
    .map((path) => path.slice(0, -mark!.length))
    .filter((folder) => others.every((other) => names.has(`${folder}${other}`)));
  return (path) => folders.some((folder) => path.startsWith(folder));
}

/** Spark's word that a path is not there, with what to do. */
function notFound(error: unknown, paths: readonly string[]): unknown {
  if (!(error instanceof ManyfitError)) return error;
  const { message } = error;
  const missing = /\[PATH_NOT_FOUND\] Path does not exist: (.*?)\.(?: SQLSTATE.*)?$/s.exec(message)?.[1];
  if (missing !== undefined) {
    const { path: name } = partsOf(missing);
    const path = paths.find((candidate) => partsOf(sparkPattern(candidate)).path === name) ?? missing;
    return new ManyfitError("source_not_found", `${path}: ${whyMissing(path)}`, { cause: error });
  }
  if (/FILE_NOT_EXIST|FileNotFoundException/.test(message)) {
    const text = `${paths[0]}: is seen by Spark's server and not by its executors (${message}); put the data where all of them have it`;
    return new ManyfitError("source_not_found", text, { cause: error });
  }
  if (!/No FileSystem for scheme|ClassNotFoundException: Class org\.apache\.hadoop\.fs/.test(message))
    return error;
  const text = `${paths[0]}: the cluster has no file system of that kind (${message}); give Spark the package for it`;
  return new ManyfitError("source_not_found", text, { cause: error });
}

function whyMissing(path: string): string {
  if (!isUri(path) && existsSync(path))
    return "this machine has it, the cluster does not; put it where Spark's server and all executors have it by this path, such as shared storage, or train without --spark";
  const matches = isGlob(sparkPattern(path)) ? "matches no file" : "does not exist";
  return `${matches} on the cluster`;
}
