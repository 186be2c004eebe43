import { ManyfitError } from "../errors.ts";
import type { SourceFormat } from "../job/resolved-job.ts";

const TEXT_FORMATS = { ".csv": "csv", ".tsv": "csv", ".ndjson": "ndjson", ".jsonl": "ndjson" } as const;

/** Endings in small letters, each with what the file is. */
const FORMATS: Readonly<Record<string, SourceFormat>> = {
  ...TEXT_FORMATS,
  ...Object.fromEntries(Object.entries(TEXT_FORMATS).map(([ending, format]) => [`${ending}.gz`, format])),
  ".parquet": "parquet",
};

/** Endings of the files that can be read. */
export const FILE_ENDINGS: readonly string[] = Object.keys(FORMATS);

/** The format that a file's ending names; null for one that is not known. DuckDB unpacks `.gz`, not `.GZ`. */
export function fileFormat(path: string): SourceFormat | null {
  if (!path.endsWith(".gz") && path.toLowerCase().endsWith(".gz")) return null;
  return FORMATS[endingOf(path) ?? ""] ?? null;
}

/** Whether a file's ending is one of the known, its letters small or capital: such a file is read or refused, never passed over. */
export function hasKnownEnding(path: string): boolean {
  return endingOf(path) !== null;
}

function endingOf(path: string): string | null {
  const name = path.toLowerCase();
  return FILE_ENDINGS.find((ending) => name.endsWith(ending)) ?? null;
}

/** What all files of a source are. */
export interface CommonFormat {
  readonly format: SourceFormat;
  /** The delimiter that the files' endings say, a tab for `.tsv`; null where they say none. */
  readonly delimiter: string | null;
}

/**
 * The one format of all files. `delimiter` is the one that was told: `.tsv` and `.csv` are read together only then.
 * @throws ManyfitError `source_unreadable` for unknown endings and for two formats in one source.
 */
export function commonFormat(paths: readonly string[], delimiter: string | null): CommonFormat {
  const [first] = paths;
  if (first === undefined)
    throw new ManyfitError("source_not_found", "source has no path; at least one is needed");
  const common = knownFormat(first);
  const isTab = isTabbed(first);
  for (const path of paths) {
    const format = knownFormat(path);
    if (format !== common) {
      const text = `${path} is ${format} and ${first} is ${common}: one source is of one format`;
      throw new ManyfitError("source_unreadable", text);
    }
    if (delimiter !== null || isTabbed(path) === isTab) continue;
    const [here, there] = isTab ? ["csv", "tsv"] : ["tsv", "csv"];
    const text = `${path} is ${here} and ${first} is ${there}: their fields are told apart by different characters; give them to two runs, or tell the one of all with --delimiter`;
    throw new ManyfitError("source_unreadable", text);
  }
  return { format: common, delimiter: delimiter ?? (isTab ? "\t" : null) };
}

function isTabbed(path: string): boolean {
  return /[.]tsv([.]gz)?$/i.test(path);
}

function knownFormat(path: string): SourceFormat {
  const format = fileFormat(path);
  if (format !== null) return format;
  throw new ManyfitError(
    "source_unreadable",
    `${path}: its ending is not one of ${FILE_ENDINGS.join(", ")} (.gz in small letters); rename it or convert it`,
  );
}
