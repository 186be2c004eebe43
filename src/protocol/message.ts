import type { ErrorCode } from "../errors.ts";
import type { EstimatorSpec, Params } from "../job/job.ts";
import type { RowPolicy } from "../job/policy.ts";
import type { TrainerColumns } from "../job/resolved-job.ts";
import type { TrainerDescription } from "../job/trainer-description.ts";
import type { KeyList } from "../key/key-list.ts";
import type { KeyField } from "../key/key-type.ts";
import type { StoredModel } from "../run/predicted.ts";
import type { ResultBatch } from "../run/result-batch.ts";
import type { Field } from "../table/field.ts";
import type { ReadColumn } from "../table/read-column.ts";
import type { Bucket } from "./bucket.ts";
import type { FilePlan } from "./file-plan.ts";
import type { ProcessEnd } from "./framed-process.ts";
import type { PredictionBatch } from "./prediction-batch.ts";
import type { PythonDescription, PythonTrainerSpec } from "./python-message.ts";
import type { StoredPartition } from "./stored-rows.ts";

/** Version of the messages: both sides must have the same. */
export const PROTOCOL_VERSION = 5;

/** What a worker runs. */
export type WorkerTrainer =
  | { readonly kind: "estimator"; readonly spec: EstimatorSpec; readonly columns: TrainerColumns }
  /** A bundled module: only workers that are processes run it, and the caller's own thread. */
  | { readonly kind: "module"; readonly path: string; readonly params: Params }
  | ({ readonly kind: "python" } & WorkerPython);

/** What a worker needs to start its Python child. */
export interface WorkerPython {
  readonly trainer: PythonTrainerSpec;
  readonly params: Params;
  /** Rows that the trainer needs. */
  readonly minRows: number;
  /** The interpreter. */
  readonly python: string;
  /** Threads of its linear algebra. */
  readonly blasThreads: number;
  /** Where the progress cell lies. */
  readonly folder: string;
  /** The program of the child, `manyfit_host/__main__.py`. Default: that of this package. */
  readonly host?: string;
}

/** Everything that a worker is told once. */
export interface WorkerInit {
  readonly version: number;
  /** Number of the worker, from 0. */
  readonly worker: number;
  readonly trainer: WorkerTrainer;
  readonly readColumns: readonly ReadColumn[];
  readonly keyFields: readonly KeyField[];
  /** Seed of the run. */
  readonly seed: number;
  readonly rowPolicy: RowPolicy;
  /** How files are read; null where rows come in buckets only. */
  readonly filePlan: FilePlan | null;
  /** What may be no larger on its way from the worker. Default: nothing. */
  readonly modelCap?: ModelCap;
}

/** How large a model that is a document may be: a larger one is a failed partition. */
export interface ModelCap {
  readonly mostBytes: number;
  /** What to do where one is larger. */
  readonly advice: string;
}

/** Which task a message is about. */
export interface TaskIdentity {
  readonly task: number;
  readonly attempt: number;
}

/** Some partitions to be fitted, whose rows lie in a bucket. */
export interface BucketTask extends TaskIdentity {
  readonly bucket: Bucket;
  /** The partitions of the bucket to fit, counted from its first: `from .. to`, end exclusive. */
  readonly from: number;
  readonly to: number;
  /** Keys of all partitions of the bucket; null where the trainer does not see them. */
  readonly keys: KeyList | null;
}

/** Some files to be read and fitted, each a partition. */
export interface FileTask extends TaskIdentity {
  readonly files: readonly FileOfTask[];
  /** Keys of the files' partitions, in their order; null where the trainer does not see them. */
  readonly keys: KeyList | null;
}

/** One file of a task. */
export interface FileOfTask {
  readonly partition: number;
  /** Absolute path; where `content` is there, only how the file is packed is seen from it. */
  readonly path: string;
  /** The bytes of the file, where somebody has read them already. Default: they are read. */
  readonly content?: Uint8Array;
}

/** One partition to be fitted, whose rows lie in a file of this process: only threads are given it. */
export interface StoredTask extends TaskIdentity {
  readonly stored: StoredPartition;
}

/** Some partitions to be predicted, whose rows lie in a bucket, with their models. */
export interface ScoreTask extends BucketTask {
  /** Model of each partition of the bucket; null where there is none. */
  readonly models: readonly (StoredModel | null)[];
}

/** What an engine tells a worker. */
export type EngineMessage =
  | ({ readonly type: "init" } & WorkerInit)
  /** What columns does the trainer read, and are its params right? Answered by `described`. */
  | {
      readonly type: "describe";
      readonly path: string;
      readonly params: Params;
      readonly schema: readonly Field[];
    }
  /** Fit these partitions, in order; answered by results, the last of which says so. */
  | ({ readonly type: "data" } & BucketTask)
  /** Fit this partition, block by block; answered by one result. */
  | ({ readonly type: "stored" } & StoredTask)
  /** Read and fit these files, in order; answered by results and for some by `declined`. */
  | ({ readonly type: "files" } & FileTask)
  /** Predict the rows of these partitions, in order; answered by predictions, then by `scored`. */
  | ({ readonly type: "score" } & ScoreTask);

/** What a worker tells its engine. */
export type WorkerMessage =
  | ({ readonly type: "described" } & TrainerDescription)
  /** The trainer of the user's is loaded: from now on time is that of partitions. Not told of estimators. */
  | { readonly type: "ready" }
  /** A partition's turn has come: when the worker dies, this one was at work. Not told by threads. */
  | { readonly type: "started"; readonly task: number; readonly partition: number }
  /** Some partitions of a task, in the order in which they were given. */
  | { readonly type: "result"; readonly batch: ResultBatch; readonly isLast: boolean }
  /** A file that the worker leaves to the engine: read it, and send its rows as data. */
  | { readonly type: "declined"; readonly task: number; readonly partition: number; readonly reason: string }
  | { readonly type: "predicted"; readonly batch: PredictionBatch }
  /** All partitions of a task that have rows and a model are predicted. */
  | { readonly type: "scored"; readonly task: number }
  /** What a trainer printed while a partition (null: none) was at work. */
  | {
      readonly type: "logged";
      readonly task: number | null;
      readonly partition: number | null;
      readonly stream: "stdout" | "stderr";
      readonly text: string;
    }
  /** The worker itself cannot go on, which says nothing of any partition. */
  | { readonly type: "broken"; readonly code: ErrorCode; readonly message: string };

/** What else a worker with a Python child is told: whether to wait with answers, from now on. */
export interface HoldMessage {
  readonly type: "hold";
  readonly isHeld: boolean;
}

/** Ends the Python child of a worker, whatever it is at, and then the worker. */
export interface LeaveMessage {
  readonly type: "leave";
}

/** Starts the Python child of a worker before its work is known, which `init` tells later. */
export interface PrestartMessage {
  readonly type: "prestart";
  /** What messages call the child, such as `worker 1`. */
  readonly name: string;
  readonly trainer: PythonTrainerSpec;
  readonly params: Params;
  readonly python: string;
  readonly blasThreads: number;
  /** Asks it what the trainer reads of such columns, which is `answered`; null: it loads the trainer. */
  readonly schema: readonly Field[] | null;
}

/** What else a worker tells that has a Python child. */
export type PythonHostMessage =
  /** What the trainer says of itself. */
  | { readonly type: "answered"; readonly description: PythonDescription }
  /** The child runs, as the leader of a group of processes. */
  | { readonly type: "child"; readonly pid: number }
  /** It has ended without being asked to, and all that it said was told; the worker is of no more use. */
  | { readonly type: "ended"; readonly end: ProcessEnd };
