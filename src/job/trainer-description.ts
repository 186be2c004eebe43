/** The versions of an interpreter and its packages, and the kernels of its linear algebra. */
export interface PythonEnvironment {
  readonly python: string;
  readonly implementation: string;
  readonly executable: string;
  readonly platform: string;
  /** Versions by name of the package; null where it is not installed. */
  readonly packages: Readonly<Record<string, string | null>>;
  /** Libraries of linear algebra with their kernels and threads. */
  readonly blas: readonly Readonly<Record<string, string | number | null>>[];
}

/** What runs a Python trainer, and the form in which it gets its rows. */
export interface PythonFacts {
  readonly frame: "pandas" | "numpy" | "arrow" | "polars";
  readonly environment: PythonEnvironment;
  /** The trainer's file and the modules beside it that it imports, as the run keeps them. Default: none. */
  readonly sources?: readonly PythonSource[];
  /**
   * What of a model is in the run's digest: its bytes, or, where a trainer says that these are not the same twice, what it
   * predicts for the rows of its fit. Default: its bytes.
   */
  readonly digestScope?: "model_bytes" | "predictions";
}

/** A file of Python's that a run keeps. */
export interface PythonSource {
  /** Path below the folder that is searched for imports, with slashes. */
  readonly name: string;
  /** Of its bytes, in hex. */
  readonly sha256: string;
  /** Its name in the run folder. */
  readonly file: string;
}

/** What a trainer that is a module says of itself. */
export interface TrainerDescription {
  /** Names of the columns to read. */
  readonly columns: readonly string[];
  readonly hasPredict: boolean;
  /** Whether it can score rows that are held out. */
  readonly hasScore: boolean;
  /** Partitions with fewer rows are skipped: a whole number from 0. */
  readonly minRows: number;
  /** Of trainers that are Python, what runs them. */
  readonly python?: PythonFacts;
}
