import type { ResolvedJob, SourceFile } from "../job/resolved-job.ts";
import type { KeyField } from "../key/key-type.ts";
import type { SkipReason } from "../run/fit-state.ts";
import type { ResultSchema } from "../run/result-schema.ts";
import type { Phase, StateCounts } from "../run/run-event.ts";

/** Version of the run folder's format; a newer one is refused. */
export const RUN_FORMAT = 1;

/** A file that was read, with what identifies its content. */
export interface ReadFile extends SourceFile {
  /** Of the bytes on disk, in hex; null for a file that could not be read. */
  readonly sha256: string | null;
  /**
   * Those that the job's filter keeps. Null where they are not known: the file could not be read, whoever read it was lost, or
   * a limit left out partitions whose rows stand among others in the files.
   */
  readonly rows: number | null;
}

/** A key column as it stands in the run's tables. */
export interface StoredKeyField extends KeyField {
  /** Its column there: the name, or `key_<name>` where the name is taken by a column of the tables themselves. */
  readonly column: string;
}

/** A file of the run folder. */
export interface ArtifactFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Null for files that are no tables. */
  readonly rows: number | null;
}

/**
 * What the column `metrics` of the ledger is: a struct with a DOUBLE per metric; or a map of VARCHAR to DOUBLE, where
 * there is no metric at all, or where names cannot be fields of one struct. `metrics['name']` reads both.
 */
export type MetricsColumn = "struct" | "map";

/** Counts over all partitions of a run. */
export interface RunCounts {
  readonly partitions: number;
  readonly states: StateCounts;
  readonly reasons: Readonly<Record<SkipReason, number>>;
  readonly rowsRead: number;
  readonly rowsUsed: number;
  readonly rowsDropped: number;
  readonly rowsHeldOut: number;
}

/** A Spark cluster on which a run was made. */
export interface RunCluster {
  /** Host and port of its Connect server. */
  readonly server: string;
  /** Of Spark. */
  readonly version: string;
  /** Of the executors' Python, such as `3.11`; null where it is not known. */
  readonly python: string | null;
}

/** Where and with what the run was made. */
export interface RunEnvironment {
  readonly manyfit: string;
  readonly node: string;
  readonly duckdb: string;
  readonly platform: string;
  readonly cores: number;
  readonly engine: string;
  readonly workers: number;
  /** The cluster that fitted; absent where it was this machine. */
  readonly spark?: RunCluster;
}

/** What the run knows of itself apart from what the store counts and hashes: given at the commit. */
export interface RunFacts {
  readonly job: ResolvedJob;
  readonly files: readonly ReadFile[];
  /** Rows of all partitions as they were counted before they were fitted; null where they were not. */
  readonly countedRows: number | null;
  readonly environment: RunEnvironment;
  readonly startedAtMs: number;
  /** When the committing phase began. */
  readonly commitStartedAtMs: number;
  /** Duration of each phase before the commit, in milliseconds. */
  readonly phaseMs: Readonly<Partial<Record<Phase, number>>>;
}

/**
 * The commit of a run: its renaming into place is what makes the run exist. Everything about the run that is not a
 * row per partition stands here.
 */
export interface Manifest {
  readonly format: typeof RUN_FORMAT;
  readonly run: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly committedAt: string;
  readonly durationMs: number;
  readonly phaseMs: Readonly<Partial<Record<Phase, number>>>;
  readonly job: Omit<ResolvedJob, "files">;
  /** What was read, in canonical order. */
  readonly sources: readonly ReadFile[];
  readonly keys: readonly StoredKeyField[];
  /** Of documents, too, with the names of all metrics that occur, by their UTF-8 bytes. */
  readonly resultSchema: ResultSchema;
  readonly metricsColumn: MetricsColumn;
  readonly counts: RunCounts;
  /** sha256 in hex over what defines the models and their row counts, in key order; see `digestOf`. */
  readonly digest: string;
  readonly environment: RunEnvironment;
  readonly files: readonly ArtifactFile[];
}
