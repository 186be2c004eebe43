import type { SourceFile } from "../../job/resolved-job.ts";

/** Files that are read and fitted as one task, by their partitions. */
export interface PlannedFiles {
  /** Ascending: neighbours in key order. */
  readonly partitions: readonly number[];
  readonly bytes: number;
}

/** A task has at most this many files, so that progress is seen. */
const MOST_FILES = 256;

/** Bytes on disk after which a task is full, whatever the number of workers. */
const MOST_BYTES = 2 ** 25;

/** Tasks for each worker, where there are enough files: enough to balance with. */
const TASKS_PER_WORKER = 16;

/** Packs files, of which each is a partition, into tasks of neighbours. One large file is alone in its own. */
export function planFileTasks(files: readonly SourceFile[], workers: number): PlannedFiles[] {
  const lanes = Math.max(1, workers) * TASKS_PER_WORKER;
  const total = files.reduce((sum, file) => sum + file.bytes, 0);
  const bytesLimit = Math.min(MOST_BYTES, Math.ceil(total / lanes));
  const filesLimit = Math.min(MOST_FILES, Math.ceil(files.length / lanes));
  const tasks: PlannedFiles[] = [];
  let partitions: number[] = [];
  let bytes = 0;
  for (const [partition, file] of files.entries()) {
    const isFull = bytes + file.bytes > bytesLimit || partitions.length >= filesLimit;
    if (isFull && partitions.length > 0) {
      tasks.push({ partitions, bytes });
      partitions = [];
      bytes = 0;
    }
    partitions.push(partition);
    bytes += file.bytes;
  }
  if (partitions.length > 0) tasks.push({ partitions, bytes });
  return tasks;
}
