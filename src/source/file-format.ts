import { ManyfitError } from "../errors.ts";

const FORMATS = { ".csv": "csv", ".csv.gz": "csv", ".parquet": "parquet" } as const;

/** Endings of the files that can be read. */
export const FILE_ENDINGS: readonly string[] = Object.keys(FORMATS);

/** The format that a file's ending names; null for one that is not known. DuckDB unpacks `.gz`, not `.GZ`. */
export function fileFormat(path: string): "csv" | "parquet" | null {
  if (!path.endsWith(".gz") && path.toLowerCase().endsWith(".gz")) return null;
  return formatOf(path.toLowerCase());
}

/** Whether a file's ending is one of the known, its letters small or capital: such a file is read or refused, never passed over. */
export function hasKnownEnding(path: string): boolean {
  return formatOf(path.toLowerCase()) !== null;
}

function formatOf(path: string): "csv" | "parquet" | null {
  for (const [ending, format] of Object.entries(FORMATS)) if (path.endsWith(ending)) return format;
  return null;
}

/** The one format of all files. Throws `source_unreadable` for unknown endings and for two formats in one source. */
export function commonFormat(paths: readonly string[]): "csv" | "parquet" {
  let common: { format: "csv" | "parquet"; path: string } | null = null;
  for (const path of paths) {
    const format = fileFormat(path);
    if (format === null) {
      throw new ManyfitError(
        "source_unreadable",
        `${path}: its ending is not one of ${FILE_ENDINGS.join(", ")} (.gz in small letters); rename it or convert it`,
      );
    }
    common ??= { format, path };
    if (common.format !== format) {
      throw new ManyfitError(
        "source_unreadable",
        `${path} is ${format} and ${common.path} is ${common.format}: one source is of one format`,
      );
    }
  }
  if (common === null)
    throw new ManyfitError("source_not_found", "source has no path; at least one is needed");
  return common.format;
}
