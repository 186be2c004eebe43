import { availableParallelism } from "node:os";
import { ManyfitError } from "./errors.ts";
import type { FileSource } from "./job/files.ts";
import type { ColumnType, SourceSpec } from "./job/job.ts";
import { bytesFrom, durationFrom } from "./policy-options.ts";
import type { RunEvent } from "./run/run-event.ts";
import { sourceFrom } from "./train-options.ts";

/** What is done with rows that have no model: predicted as NULL, or nothing is written at all. */
export type UnknownPolicy = "null" | "error";

/** The stations of a prediction, in order. */
export type PredictPhase = "reading" | "predicting" | "writing";

/** Which models to use on which rows, and where the predictions go. */
export interface PredictOptions {
  /** A run folder, the id of a run or the beginning of one, or `latest`. */
  readonly run: string;
  /** Files, folders and globs: CSV, TSV or NDJSON, plain or gzip, or Parquet; or what `files` makes of them. */
  readonly source: string | readonly string[] | FileSource;
  /** The file to write; its ending says the format: `.parquet`, `.csv` or `.csv.gz`. */
  readonly out: string;
  /** Folder in which ids and `latest` are looked for. Default: `runs`. */
  readonly runs?: string;
  /** Rows without a model get NULL and the reason, or stop everything. Default: `null`. */
  readonly unknown?: UnknownPolicy;
  /**
   * In a run with one model per file: files that cannot be read, or lack a column that the models need, are left out and
   * told in the result. Default: false, one such file stops everything.
   */
  readonly skipUnreadable?: boolean;
  /** A DuckDB expression; only rows for which it is true are read, and written. Default: all rows. Not beside `files`. */
  readonly where?: string;
  /**
   * Types of columns that are not keys: for `where`, and in Parquet written from CSV. Default: as the models read them,
   * else as found. Not beside `files`.
   */
  readonly types?: Readonly<Record<string, ColumnType>>;
  /** Processes that run a trainer of the user's; of no matter to estimators. Default: one per core. */
  readonly workers?: number;
  /**
   * How long a trainer of your own may take to predict one partition: milliseconds, or text such as `30s`. The rows of one
   * that takes longer are `predict_failed`. Default: any time.
   */
  readonly timeout?: number | string;
  /**
   * Memory that the process and its workers may take together: bytes, or text such as `4GB`; rows that do not fit go to
   * disk. Default: half of what is free.
   */
  readonly memory?: number | string;
  /**
   * Memory that each process of a trainer of your own may take; the rows of a partition that takes more are
   * `predict_failed`. Default: what `memory` leaves for it.
   */
  readonly memoryPerWorker?: number | string;
  /** The Python that runs a trainer of Python's: a path, or a name on the path. Default: as `train` finds it. */
  readonly python?: string;
  /** Whether an `out` that is there already is replaced. Default: false, because it may be dear to somebody. */
  readonly overwrite?: boolean;
  /** Called when a phase begins, with the number of rows where it is known. What it throws is ignored. */
  readonly onPhase?: (phase: PredictPhase, rows: number | null) => void;
  /** Called with each line of `warnings`, before anything is predicted. What it throws is ignored. */
  readonly onWarning?: (text: string) => void;
  /**
   * Called with what happens while a trainer of the user's predicts, such as `trainer.logged`: what it prints. What it
   * throws is ignored.
   */
  readonly onEvent?: (event: RunEvent) => void;
  /** Stops when aborted: `predict` then throws `interrupted`, and nothing is written. */
  readonly signal?: AbortSignal;
}

/** Options made strict. */
export interface PredictRequest {
  readonly run: string;
  readonly runsFolder: string;
  readonly source: SourceSpec;
  readonly out: string;
  readonly unknown: UnknownPolicy;
  readonly skipsUnreadable: boolean;
  readonly workers: number;
  /** Null: any time. */
  readonly timeoutMs: number | null;
  /** Null: half of what is free. */
  readonly memoryBytes: number | null;
  /** Null: what is left for it. */
  readonly memoryPerWorkerBytes: number | null;
  readonly overwrite: boolean;
  /** Null: as it is found. */
  readonly python: string | null;
}

/** Settles options once, so that nothing behind checks or defaults them again. Throws `invalid_option`. */
export function predictRequestFrom(options: PredictOptions): PredictRequest {
  const { run, out, unknown = "null", workers = availableParallelism(), overwrite = false } = options;
  if (run === "") throw invalid("run is empty; name a run folder, an id, or latest");
  if (out === "") throw invalid("the file to write (--out) is empty; was a variable unset?");
  if (options.python === "") throw invalid("python (--python) is empty; was a variable unset?");
  if (options.runs === "") throw invalid("the folder of runs (--runs) is empty");
  if (unknown !== "null" && unknown !== "error") {
    throw invalid(`unknown is ${JSON.stringify(unknown)}, allowed are null and error`);
  }
  if (!Number.isInteger(workers) || workers < 0 || workers > 1024) {
    throw invalid(`workers is ${workers}, allowed are whole numbers from 0 to 1024`);
  }
  const { timeout, memory, memoryPerWorker } = options;
  return {
    run,
    runsFolder: options.runs ?? "runs",
    source: sourceFrom(options),
    out,
    unknown,
    skipsUnreadable: options.skipUnreadable === true,
    workers,
    timeoutMs: timeout === undefined ? null : durationFrom("timeout", timeout),
    memoryBytes: memory === undefined ? null : bytesFrom("memory", memory),
    memoryPerWorkerBytes:
      memoryPerWorker === undefined ? null : bytesFrom("memoryPerWorker", memoryPerWorker),
    overwrite,
    python: options.python ?? null,
  };
}

function invalid(message: string): ManyfitError {
  return new ManyfitError("invalid_option", message);
}
