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
}
