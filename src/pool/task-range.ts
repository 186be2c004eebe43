import { type KeyList, sliceKeys } from "../key/key-list.ts";
import type { Bucket } from "../protocol/bucket.ts";
import type { FileOfTask } from "../protocol/message.ts";
import type { StoredPartition } from "../protocol/stored-rows.ts";
import type { StoredModel } from "../run/predicted.ts";
import type { TaskMessage } from "./worker-pool.ts";

/** Partitions with what is needed to fit them: their rows, or the files in which these are. */
export type Work =
  | { readonly kind: "bucket"; readonly bucket: Bucket; readonly keys: KeyList | null }
  /** One partition whose rows lie in a file, for threads. */
  | { readonly kind: "stored"; readonly stored: StoredPartition; readonly keys: null }
  /** Rows to predict for, with the model of each partition. */
  | {
      readonly kind: "score";
      readonly bucket: Bucket;
      readonly keys: KeyList;
      readonly models: readonly (StoredModel | null)[];
    }
  | {
      readonly kind: "files";
      readonly files: readonly FileOfTask[];
      readonly keys: KeyList | null;
      /** Bytes of all files, by which the largest work goes first. */
      readonly bytes: number;
    };

/** Some neighbouring partitions of a work that one worker is given as one task. */
export interface TaskRange {
  readonly task: number;
  readonly attempt: number;
  readonly work: Work;
  /** Which of the work's partitions, counted from its first: `from .. to`, end exclusive. */
  readonly from: number;
  readonly to: number;
  /** Whether it is one partition at which a worker died, and is lost if a second one does. */
  readonly isLastTry: boolean;
  /** Workers in a row that died with it before they began a partition of it. */
  readonly silentDeaths: number;
}

/** All partitions of a work, to be tried for the first time. */
export function wholeRange(work: Work, task: number): TaskRange {
  const to = partitionCountOf(work);
  return { task, attempt: 0, work, from: 0, to, isLastTry: false, silentDeaths: 0 };
}

function partitionCountOf(work: Work): number {
  if (work.kind === "stored") return 1;
  return work.kind === "files" ? work.files.length : work.bucket.partitionRows.length;
}

/** What says how large a work is: rows that are there, bytes of files. */
export function sizeOf(work: Work): number {
  if (work.kind === "stored") return work.stored.rowsRead;
  return work.kind === "files" ? work.bytes : work.bucket.rowCount;
}

/** Rows of a range; null where that is not known before they are read. */
export function rowsOf({ work, from, to }: TaskRange): number | null {
  if (work.kind === "files") return null;
  if (work.kind === "stored") return work.stored.rowsRead;
  let rows = 0;
  for (let i = from; i < to; i++) rows += work.bucket.partitionRows[i]!;
  return rows;
}

/** Number of the partition at `index` of a work. */
export function partitionAt(work: Work, index: number): number {
  if (work.kind === "stored") return work.stored.partition;
  return work.kind === "files" ? work.files[index]!.partition : work.bucket.firstPartition + index;
}

/** What a worker is told of a range. */
export function messageOf({ task, attempt, work, from, to }: TaskRange): TaskMessage {
  if (work.kind === "stored") return { type: "stored", task, attempt, stored: work.stored };
  const { keys } = work;
  if (work.kind === "files") {
    const ofRange = keys === null ? null : sliceKeys(keys, from, to);
    return { type: "files", task, attempt, files: work.files.slice(from, to), keys: ofRange };
  }
  const { bucket } = work;
  if (work.kind === "bucket") return { type: "data", task, attempt, bucket, from, to, keys };
  return { type: "score", task, attempt, bucket, from, to, keys, models: work.models };
}
