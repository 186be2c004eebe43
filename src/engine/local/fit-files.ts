import type { Inventory } from "../../job/inventory.ts";
import { sliceKeys } from "../../key/key-list.ts";
import type { Dispatcher } from "../../pool/dispatcher.ts";
import { workOnPool } from "../../pool/work-on-pool.ts";
import type { WorkerOptions } from "../../pool/worker-options.ts";
import { needsKeys } from "../../protocol/needs-keys.ts";
import { planFileReading } from "../../protocol/plan-file-reading.ts";
import type { ResultBatch } from "../../run/result-batch.ts";
import type { RunEvent } from "../../run/run-event.ts";
import { BatchBuilder } from "../../worker/batch-builder.ts";
import type { FileRead } from "../../worker/file-facts-builder.ts";
import { planFileTasks } from "./plan-file-tasks.ts";
import { bucketOfRows, type FileOutcome, type FileReader } from "./read-file.ts";
import { readFiles } from "./read-files.ts";
import type { SpillFile } from "./spill-file.ts";

/**
 * Fits files of which each is a partition: workers read them themselves, and leave to the engine what they do not
 * understand, which is then read through DuckDB, and given to them as rows.
 */
export async function* fitFiles(
  inventory: Inventory,
  reader: FileReader,
  options: WorkerOptions,
): AsyncGenerator<RunEvent | ResultBatch, void, undefined> {
  const { job } = inventory;
  const tasks = planFileTasks(job.files, options.workers);
  const declined = new DeclinedFiles(inventory, reader, options);
  const { trainer, threadEntry, resultSchema, limits, signal } = options;
  const { readColumns, keyFields, seed, rowPolicy } = job;
  const happening = workOnPool({
    size: Math.min(options.workers, tasks.length),
    threadEntry,
    reserve: options.reserve ?? null,
    init: {
      trainer,
      readColumns,
      keyFields,
      seed,
      rowPolicy,
      filePlan: planFileReading(job, reader.partitionBytes),
    },
    resultSchema,
    limits,
    signal,
    onDeclined: (partition) => declined.add(partition),
    produce: async (dispatcher) => {
      for (const { partitions, bytes } of tasks) {
        const files = partitions.map((partition) => ({ partition, path: job.files[partition]!.path }));
        dispatcher.add({ kind: "files", files, keys: keysOf(inventory, partitions, options), bytes });
      }
      dispatcher.finish();
      await declined.readInto(dispatcher);
    },
    stopProducing: () => {
      declined.stop();
      reader.connection.interrupt();
    },
  });
  try {
    for await (const item of happening) {
      if (item.type === "result.batch") yield declined.withFacts(item);
      else if (item.type !== "prediction.batch") yield item;
    }
  } finally {
    await declined.close();
  }
}

/** Keys of neighbouring partitions, where workers need them. */
function keysOf(
  { keys, job }: Inventory,
  partitions: readonly number[],
  { trainer }: WorkerOptions,
): ReturnType<typeof sliceKeys> | null {
  if (!needsKeys({ trainer, rowPolicy: job.rowPolicy })) return null;
  return sliceKeys(keys, partitions[0]!, partitions.at(-1)! + 1);
}

/** Memory of rows that are read and not fitted yet, after which no further file is read. */
const MOST_READ_BYTES = 2 ** 26;

/** What a file whose rows are on disk counts as: two at a time keep DuckDB and workers busy. */
const STORED_BYTES = MOST_READ_BYTES / 2;

/** Files that are read by one query at most. */
const MOST_FILES_TOGETHER = 64;

/** Bytes on disk of files that are read by one query, unless it reads a single one. */
const MOST_BYTES_TOGETHER = 2 ** 22;

/** A file that was read and is with the workers. */
interface GivenFile {
  readonly facts: FileRead;
  readonly memoryBytes: number;
  /** Where its rows are, if not in memory. */
  readonly spill: SpillFile | null;
}

/** Files that workers left to the engine, on their way through DuckDB. */
class DeclinedFiles {
  readonly #inventory: Inventory;
  readonly #reader: FileReader;
  readonly #options: WorkerOptions;
  readonly #waiting: number[] = [];
  /** Files that were read whose rows are with the workers. */
  readonly #readFiles = new Map<number, GivenFile>();
  readonly #stopped = new AbortController();
  readonly #closing: Promise<void>[] = [];
  /** How many of the waiting files were read; an array of a hundred thousand is slow to shift. */
  #readCount = 0;
  /** Memory of the rows that are with the workers. */
  #memoryBytes = 0;
  #wake: (() => void) | null = null;

  constructor(inventory: Inventory, reader: FileReader, options: WorkerOptions) {
    this.#inventory = inventory;
    this.#reader = reader;
    this.#options = options;
  }

  add(partition: number): void {
    this.#waiting.push(partition);
    this.#wake?.();
  }

  stop(): void {
    this.#stopped.abort();
    this.#wake?.();
  }

  /** Reads files as they come, some at a time, and no faster than they are fitted, until it is stopped. */
  async readInto(dispatcher: Dispatcher): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      const hasRoom = this.#memoryBytes < MOST_READ_BYTES;
      if (hasRoom && this.#readCount < this.#waiting.length)
        await this.#read(this.#takeWaiting(), dispatcher);
      else await new Promise<void>((wake) => (this.#wake = wake));
    }
  }

  /** Frees what is left of files that nobody answered. */
  async close(): Promise<void> {
    for (const { spill } of this.#readFiles.values()) await spill?.close();
    await Promise.all(this.#closing);
  }

  /** A batch with what is known of its files, where their rows were read here. */
  withFacts(batch: ResultBatch): ResultBatch {
    if (batch.files !== null) return batch;
    const facts = Array.from(batch.partition, (partition) => this.#takeFacts(partition));
    this.#wake?.();
    const sha256 = facts.map((file) => file?.sha256 ?? null);
    return { ...batch, files: { sha256, bytes: facts.map((file) => file?.bytes ?? null) } };
  }

  #takeFacts(partition: number): FileRead | null {
    const file = this.#readFiles.get(partition);
    if (file === undefined) return null;
    this.#readFiles.delete(partition);
    this.#memoryBytes -= file.memoryBytes;
    if (file.spill !== null) this.#closing.push(file.spill.close());
    return file.facts;
  }

  /** The next files to be read together. */
  #takeWaiting(): number[] {
    const { files } = this.#inventory.job;
    const taken: number[] = [];
    let bytes = 0;
    while (this.#readCount < this.#waiting.length && taken.length < MOST_FILES_TOGETHER) {
      const partition = this.#waiting[this.#readCount]!;
      bytes += files[partition]!.bytes;
      if (taken.length > 0 && bytes > MOST_BYTES_TOGETHER) break;
      taken.push(partition);
      this.#readCount++;
    }
    return taken;
  }

  async #read(partitions: readonly number[], dispatcher: Dispatcher): Promise<void> {
    const outcomes = await readFiles(partitions, this.#reader, this.#stopped.signal);
    for (const [i, outcome] of outcomes.entries()) this.#answer(partitions[i]!, outcome, dispatcher);
  }

  #answer(partition: number, outcome: FileOutcome, dispatcher: Dispatcher): void {
    const { job } = this.#inventory;
    if ("failure" in outcome) {
      dispatcher.answerDeclined(partition, (task) => this.#unread(task, partition, outcome));
      return;
    }
    if ("stored" in outcome) {
      this.#give(partition, { facts: outcome.file, memoryBytes: STORED_BYTES, spill: outcome.spill });
      dispatcher.add({ kind: "stored", stored: outcome.stored, keys: null });
      return;
    }
    const bucket = bucketOfRows(outcome.rows, partition, job.readColumns);
    this.#give(partition, { facts: outcome.file, memoryBytes: bucket.memory.byteLength, spill: null });
    dispatcher.add({ kind: "bucket", bucket, keys: keysOf(this.#inventory, [partition], this.#options) });
  }

  #give(partition: number, file: GivenFile): void {
    this.#readFiles.set(partition, file);
    this.#memoryBytes += file.memoryBytes;
  }

  /** The result of a file that nobody can read. */
  #unread(
    task: number,
    partition: number,
    { failure, file }: Extract<FileOutcome, { readonly failure: unknown }>,
  ): ResultBatch {
    const identity = { task, worker: 0, attempt: 0 };
    const builder = new BatchBuilder(this.#options.resultSchema, identity, Int32Array.of(partition));
    builder.addUnread(failure, file);
    return builder.finish();
  }
}
