import { FIT_STATES } from "./fit-state.ts";
import { NO_COUNTS, type StateCounts } from "./run-event.ts";

/** `width` numbers for each of `n` partitions, row after row; `isValid` is 0 where the number is NULL. */
export interface NumberColumn {
  readonly width: number;
  /** Length n × width. */
  readonly values: Float64Array;
  /** Length n × width; 1 = a number, 0 = NULL (its value is then 0). */
  readonly isValid: Uint8Array;
}

/** A remark on one partition of a batch: a warning of a fitted one, or the error of a failed one. */
export interface Remark {
  /** Row of the batch, from 0. */
  readonly row: number;
  /** A short name that programs can group by, such as `rank_deficient`. */
  readonly code: string;
  readonly message: string;
  /** Stack of the error; null for warnings. */
  readonly stack: string | null;
}

/**
 * What became of the partitions of one task, as columns: every array has one entry per partition. States and
 * reasons are indices into `FIT_STATES` and `SKIP_REASONS`; a reason of -1 is none. Counts of rows that are not
 * known are NaN.
 */
export interface ResultBatch {
  readonly type: "result.batch";
  /** Number of the task, from 0. */
  readonly task: number;
  /** Number of the worker that fitted the task, from 0. */
  readonly worker: number;
  readonly attempt: number;
  /** Position of the partition's key in key order, from 0. */
  readonly partition: Int32Array;
  readonly state: Uint8Array;
  readonly reason: Int8Array;
  readonly rowsRead: Float64Array;
  readonly rowsUsed: Float64Array;
  readonly rowsDropped: Float64Array;
  /** Rows that were scored and not fitted. */
  readonly rowsHeldOut: Float64Array;
  /** Milliseconds since 1970 at which the fit began. */
  readonly startedAtMs: Float64Array;
  readonly durationMs: Float64Array;
  /** One column per model field of the run's result schema. */
  readonly model: readonly NumberColumn[];
  /** One column of width 1 per metric. */
  readonly metrics: readonly NumberColumn[];
  /** Columns of width `terms.length`; null for estimators without terms. */
  readonly terms: TermColumns | null;
  /** Models and metrics of trainers whose models are documents; null for all others. */
  readonly documents: DocumentColumns | null;
  /** What was read for each partition that is a file; null where rows come from anywhere else. */
  readonly files: FileColumns | null;
  readonly warnings: readonly Remark[];
  readonly errors: readonly Remark[];
}

/** Bytes of one document at most: as many as a text of Node's has signs, and a quarter of a page of a Parquet file. */
export const LARGEST_DOCUMENT_BYTES = 2 ** 29;

/** Models that are documents, one entry per partition; a partition that is not fitted has null in all three. */
export interface DocumentColumns {
  /** Canonical JSON of the model, see `canonicalJson`; null where the model is bytes. */
  readonly json: readonly (string | null)[];
  /** The model's bytes; null where the model is a JSON value. */
  readonly bytes: readonly (Uint8Array | null)[];
  /** Metrics by name, finite or null. */
  readonly metrics: readonly (Readonly<Record<string, number | null>> | null)[];
}

/** What identifies the files that were read, one entry per partition; null where a file could not be read. */
export interface FileColumns {
  /** Of the bytes on disk, in hex. */
  readonly sha256: readonly (string | null)[];
  /** Length on disk. */
  readonly bytes: readonly (number | null)[];
}

/** The long table of a linear fit, one entry per partition and term. */
export interface TermColumns {
  readonly estimate: NumberColumn;
  readonly stdError: NumberColumn;
  readonly statistic: NumberColumn;
  readonly pValue: NumberColumn;
}

/** How many partitions of a batch are in each state. */
export function countStates(batch: ResultBatch): StateCounts {
  const counts = { ...NO_COUNTS };
  for (const state of batch.state) counts[FIT_STATES[state]!]++;
  return counts;
}
