import { dirname, isAbsolute, join } from "node:path";
import { type ErrorCode, ManyfitError } from "../errors.ts";
import type { JobConfig, OptionName } from "./job-option.ts";
import { JOB_OPTIONS } from "./job-option-table.ts";

/** What flags and a config file say together, and who said what. */
export interface ToldJob {
  readonly config: JobConfig;
  /** Path of the config file; null where there is none. */
  readonly file: string | null;
  /** What only the file says. */
  readonly fromFile: ReadonlySet<OptionName>;
}

/** A config file that was read. */
export interface ReadConfig {
  readonly path: string;
  readonly config: JobConfig;
}

/**
 * A job from flags and, where there is one, a config file. What a flag says takes the place of what the file says, and so do
 * paths; of options that exclude each other, such as `by` and `pooled`, a flag takes the place of all.
 */
export function mergeJob(flags: JobConfig, read: ReadConfig | null): ToldJob {
  if (read === null) return { config: flags, file: null, fromFile: new Set() };
  const replaced = new Set<string>(Object.keys(flags));
  for (const { name, replaces } of JOB_OPTIONS) {
    if (Object.hasOwn(flags, name)) for (const other of replaces ?? []) replaced.add(other);
  }
  // Params go with whom they are for.
  const owner = OWNERS_OF_PARAMS.find((name) => read.config[name] !== undefined);
  if (owner !== undefined && replaced.has(owner) && flags[owner] === undefined) replaced.add("param");
  const kept = Object.entries(read.config).filter(([name]) => !replaced.has(name));
  const config: JobConfig = { ...Object.fromEntries(kept), ...flags };
  return { config, file: read.path, fromFile: new Set(kept.map(([name]) => name as OptionName)) };
}

/** What params are for. */
const OWNERS_OF_PARAMS = ["trainer", "sklearn"] as const;

/** How messages call an option: as a flag, or by the file that said it. */
export function wordOf(name: OptionName, { file, fromFile }: Pick<ToldJob, "file" | "fromFile">): string {
  return fromFile.has(name) ? `${name} in ${file}` : `--${name}`;
}

/**
 * A config with its relative paths as seen from the working directory: in a file they are relative to the file's folder, so
 * that it means the same wherever it is used from.
 */
export function fromFolderOf(path: string, config: JobConfig): JobConfig {
  const folder = dirname(path);
  const moved = (told: string): string =>
    isAbsolute(told) || IS_PLACE.test(told) ? told : join(folder, told);
  // In a pattern the folder's name stands for itself.
  const movedSource = (told: string): string =>
    isAbsolute(told) || !GLOB.test(told) || IS_PLACE.test(told)
      ? moved(told)
      : join(folder.replace(GLOB_ALL, "[$&]"), told);
  const names = JOB_OPTIONS.filter((option) => option.isPath).map((option) => option.name);
  const paths = names.flatMap((name) => {
    const told = config[name];
    return typeof told === "string" ? [[name, moved(told)] as const] : [];
  });
  return {
    ...config,
    ...Object.fromEntries(paths),
    ...(config.paths === undefined ? {} : { paths: config.paths.map(movedSource) }),
  };
}

/** URIs, and tables and queries of Spark: nothing of them is relative to a folder. */
const IS_PLACE = /^(?:[a-z][a-z0-9+.-]+:\/|table:|sql:)/i;

const GLOB = /[*?[]/;
const GLOB_ALL = /[*?[]/g;

/** What the library says first in a message about an option, or about two that do not go together. */
const SUBJECT = /^(\w+)(?: and (\w+))?(?= (?:is|are) )/;

/** Codes of errors that are about options alone. */
const OF_OPTIONS: readonly ErrorCode[] = ["invalid_option"];

/** An error of the library about an option, in the words of who told it; any other as it is. */
export function inWordsOf(job: Pick<ToldJob, "file" | "fromFile">, error: unknown): unknown {
  if (!(error instanceof ManyfitError) || !OF_OPTIONS.includes(error.code)) return error;
  const message = error.message.replace(SUBJECT, (subject, first: string, second?: string) => {
    const words = [first, second].map((name) => {
      const option = JOB_OPTIONS.find((known) => (known.libraryName ?? known.name) === name);
      return option === undefined ? name : wordOf(option.name, job);
    });
    return second === undefined ? (words[0] ?? subject) : words.join(" and ");
  });
  return message === error.message ? error : new ManyfitError(error.code, message, { cause: error });
}
