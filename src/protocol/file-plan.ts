import type { Dialect } from "../job/dialect.ts";
import type { SourceFormat } from "../job/resolved-job.ts";
import type { ReadColumn } from "../table/read-column.ts";

/** How the files of a job are read by workers, told once. */
export interface FilePlan {
  readonly format: SourceFormat;
  /** Of CSV files; null for all others. */
  readonly dialect: Dialect | null;
  readonly columns: readonly ReadColumn[];
  /** Why workers must not read any file themselves, such as a filter that only SQL understands; null if they may. */
  readonly mustDecline: string | null;
  readonly limits: FileLimits;
}

/** What a worker may have in memory of one file; it declines those that are larger. */
export interface FileLimits {
  /** Bytes of a file on disk, and of what it is unpacked to. */
  readonly contentBytes: number;
  /** Bytes of its rows, as the engine reckons them: those of a row without its texts, and twice the texts. */
  readonly rowsBytes: number;
  readonly rowBytes: number;
}
