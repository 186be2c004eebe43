import { type KeyList, keyAt } from "../../../key/key-list.ts";
import type { Dispatcher } from "../../../pool/dispatcher.ts";
import type { Work } from "../../../pool/task-range.ts";
import type { FileOfTask } from "../../../protocol/message.ts";
import type { ResultSchema } from "../../../run/result-schema.ts";
import { BatchBuilder } from "../../../worker/batch-builder.ts";
import type { FileMessage, JobSource } from "./job-file.ts";

/** The files of one task, which become one work. */
export class GatherFiles {
  readonly #source: JobSource;
  readonly #partitionOf: ReadonlyMap<string, number>;
  readonly #files: FileOfTask[] = [];
  #bytes = 0;

  /** `partitionOf` is of {@link partitionsByPath}. */
  constructor(source: JobSource, partitionOf: ReadonlyMap<string, number>) {
    this.#source = source;
    this.#partitionOf = partitionOf;
  }

  /** Takes a file. One that is no partition is passed over: a pattern of Spark's may match more than was listed. */
  add({ path, content }: FileMessage): void {
    const partition = this.#partitionOf.get(path);
    if (partition === undefined) return;
    this.#files.push({ partition, path, content });
    this.#bytes += content.length;
  }

  /** How many partitions there are so far. */
  get count(): number {
    return this.#files.length;
  }

  /** The files as one work, in the order of their partitions. */
  finish(): Work {
    const files = this.#files.toSorted((a, b) => a.partition - b.partition);
    const { keys } = this.#source;
    const partitions = files.map(({ partition }) => partition);
    return {
      ...{ kind: "files", files, bytes: this.#bytes },
      keys: keys === null ? null : pickKeys(keys, partitions),
    };
  }
}

/** Numbers of partitions by the paths of their files, as Spark names them. */
export function partitionsByPath({ paths }: JobSource): ReadonlyMap<string, number> {
  return new Map(paths.map((path, partition) => [path, partition]));
}

/** Answers for a file that a worker does not read as DuckDB would: there is no DuckDB here. */
export function refuseDeclined(
  dispatcher: Dispatcher,
  resultSchema: ResultSchema,
  declined: { readonly partition: number; readonly path: string; readonly reason: string },
): void {
  const { partition, path, reason } = declined;
  const message = `${path}: ${reason}; that takes DuckDB, which executors do not have; train without --spark, or write the file as plain CSV or Parquet`;
  dispatcher.answerDeclined(partition, (task) => {
    const identity = { task, worker: 0, attempt: 0 };
    const builder = new BatchBuilder(resultSchema, identity, Int32Array.of(partition));
    builder.addUnread({ code: "source_unreadable", message }, null);
    return builder.finish();
  });
}

function pickKeys(keys: KeyList, partitions: readonly number[]): KeyList {
  const picked = partitions.map((partition) => keyAt(keys, partition));
  const offsets = new Float64Array(picked.length + 1);
  for (const [i, key] of picked.entries()) offsets[i + 1] = offsets[i]! + key.length;
  return { bytes: Buffer.concat(picked), offsets };
}
