import type { ErrorCode } from "../errors.ts";
import type { Params } from "../job/job.ts";
import type { PythonEnvironment } from "../job/trainer-description.ts";
import type { KeyField } from "../key/key-type.ts";
import type { Field } from "../table/field.ts";
import type { ReadColumn } from "../table/read-column.ts";

/** Version of the messages between a host and its Python child: both must have the same. */
export const PYTHON_PROTOCOL_VERSION = 1;

/** What a Python child fits: a file with `fit(df, key, params, seed)`, or a class of scikit-learn's kind. */
export type PythonTrainerSpec =
  | { readonly kind: "file"; readonly path: string }
  | {
      readonly kind: "sklearn";
      /** Dotted path, such as `sklearn.linear_model.LinearRegression`. */
      readonly class: string;
      /** Null for a class that explains none. */
      readonly target: string | null;
      readonly features: readonly string[];
      readonly weights: string | null;
    };

/** Bytes one behind the other, and where each ends. */
export interface PackedBytes<Ends> {
  readonly bytes: Uint8Array;
  readonly ends: Ends;
}

/** The rows of some partitions, each divided by the row policy: what they are, `docs/formats.md` says. */
export interface PythonWork {
  readonly count: number;
  /** Rows to fit of each partition, and rows that are held out. */
  readonly rows: Uint32Array;
  readonly heldOut: Uint32Array;
  /** Values of the key columns of each partition, as JSON. */
  readonly keys: readonly (readonly unknown[])[];
  readonly seeds: Uint32Array;
  /** For each partition a block of used rows and one of held out rows, columns of numbers one behind the other. */
  readonly numbers: Float64Array;
  /** For each block and column of texts their bytes; `ends` has one entry more than rows, the first 0. */
  readonly texts: PackedBytes<Int32Array>;
  /** For each column of a block with a NULL, one byte per row: 1 for a value. */
  readonly valid: Uint8Array;
  /** For each partition, block and column, 1 where it has a NULL. */
  readonly hasNull: Uint8Array;
}

/** What a host tells its Python child. */
export type ToPython =
  | { readonly type: "inspect" }
  | {
      readonly type: "describe";
      readonly trainer: PythonTrainerSpec;
      readonly params: Params;
      readonly schema: readonly Field[];
    }
  /** Loads the trainer and says nothing of it: whoever asks or begins is told what is wrong with it. */
  | { readonly type: "load"; readonly trainer: PythonTrainerSpec; readonly params: Params }
  | {
      readonly type: "init";
      readonly version: number;
      /** Path of the progress cell. */
      readonly cell: string;
      readonly trainer: PythonTrainerSpec;
      readonly params: Params;
      readonly columns: readonly ReadColumn[];
      readonly keys: readonly KeyField[];
      readonly frame: null;
    }
  | { readonly type: "fit"; readonly id: number; readonly partitions: PythonWork }
  | {
      readonly type: "predict";
      readonly id: number;
      readonly partitions: PythonWork;
      readonly models: PackedBytes<Float64Array>;
      /** Which of the models each partition is predicted with. */
      readonly modelOf: Int32Array;
    };

/** What a Python trainer says of itself. */
export interface PythonDescription {
  /** Names of the columns to read; null: all. */
  readonly columns: readonly string[] | null;
  readonly hasPredict: boolean;
  readonly hasScore: boolean;
  readonly minRows: number;
  readonly frame: "pandas" | "numpy" | "arrow" | "polars";
  /** With the trainer's defaults. */
  readonly params: Params;
  readonly environment: PythonEnvironment;
  /** The trainer's file, and every module beside it that it imports, be it within functions. */
  readonly sources: readonly { readonly name: string; readonly sha256: string }[];
  readonly isLinear: boolean;
  /** What of a model is in the run's digest: its bytes, or what it predicts for the rows of its fit. */
  readonly digestScope: "model_bytes" | "predictions";
  /** Of a class what scikit-learn calls it; null where that is neither, absent for files. */
  readonly estimatorKind?: "regressor" | "classifier" | null;
}

/** A package that trainers need, as an interpreter has it. */
export interface InspectedPackage {
  readonly name: string;
  /** Null where it is not installed, or where that cannot be told. */
  readonly version: string | null;
  /** `broken`: it is there, and cannot be imported. */
  readonly state: "ok" | "missing" | "too_old" | "broken";
  /** What its import raised; null where it is not broken. */
  readonly problem: string | null;
}

/** What an interpreter says of itself, in parts: itself, then each package, then the end. */
export type PythonInspected =
  | {
      readonly part: "python";
      /** Such as `3.11.7`. */
      readonly version: string;
      /** Such as `CPython`. */
      readonly implementation: string;
      /** Its own path: what was started may be a link or a shim. */
      readonly executable: string;
      /** Whether it takes packages only from the system's own tools (PEP 668). */
      readonly belongsToSystem: boolean;
      /** The interpreter of the environment that the mending command makes, where it has to make one. */
      readonly environmentPython: string;
      /** Packages that are going to be imported, in that order, and the lowest version of each. */
      readonly packages: readonly {
        readonly name: string;
        readonly lowest: string;
        /** Whether most trainers need it. */
        readonly isNeeded: boolean;
      }[];
    }
  | ({ readonly part: "package" } & InspectedPackage)
  | {
      readonly part: "end";
      /** Libraries of linear algebra that are loaded by then. */
      readonly blas: PythonEnvironment["blas"];
      /** One line for a shell that installs what is missing or too old; null where nothing is. */
      readonly mend: string | null;
    };

/** What went wrong with one partition of a message, by its index there. */
export interface PythonRemark {
  readonly index: number;
  readonly code: string;
  readonly message: string;
  readonly stack: string | null;
}

/** Results of neighbouring partitions of one message, in order. */
export interface PythonFits {
  readonly id: number;
  /** Index in the message of the first of these. */
  readonly first: number;
  readonly count: number;
  /** 0 fitted, 1 failed. */
  readonly state: Uint8Array;
  readonly startedAtMs: Float64Array;
  readonly durationMs: Float64Array;
  /** Of those that were fitted. */
  readonly models: PackedBytes<Float64Array>;
  readonly classes: readonly string[];
  /** JSON of what can be read of a model; null where that is nothing. */
  readonly readable: readonly (string | null)[];
  /** Of those that were fitted. */
  readonly metrics: readonly (Readonly<Record<string, number | null>> | null)[];
  readonly warnings: readonly PythonRemark[];
  readonly errors: readonly PythonRemark[];
}

/** One column of predictions; `valid` has 1 for each value that there is, `ends` where the text of each row ends. */
export type PythonColumn = { readonly name: string; readonly valid: Uint8Array } & (
  | { readonly type: "double"; readonly values: Float64Array }
  | { readonly type: "boolean"; readonly values: Uint8Array }
  | { readonly type: "text"; readonly values: PackedBytes<Float64Array> }
);

/** Predictions for neighbouring partitions of one message, in order. */
export interface PythonPredictions {
  readonly id: number;
  /** Index in the message of the first of these. */
  readonly first: number;
  readonly count: number;
  readonly failures: readonly PythonRemark[];
  /** Of each partition; null of one that failed. */
  readonly columns: readonly (readonly PythonColumn[] | null)[];
}

/** What a Python child tells its host. */
export type FromPython =
  | { readonly type: "ready" }
  | ({ readonly type: "inspected" } & PythonInspected)
  | ({ readonly type: "described" } & PythonDescription)
  | { readonly type: "broken"; readonly code: ErrorCode; readonly message: string }
  | ({ readonly type: "fitted"; readonly last: boolean } & PythonFits)
  | ({ readonly type: "predicted"; readonly last: boolean } & PythonPredictions)
  | {
      readonly type: "logged";
      readonly id: number | null;
      readonly index: number | null;
      readonly stream: "stdout" | "stderr";
      readonly text: string;
    };
