import type { Inventory } from "../../job/inventory.ts";
import { sliceKeys } from "../../key/key-list.ts";
import type { FilePlan } from "../../protocol/file-plan.ts";
import type { ResultBatch } from "../../run/result-batch.ts";
import type { RunEvent } from "../../run/run-event.ts";
import { BatchBuilder } from "../../worker/batch-builder.ts";
import type { FileRead } from "../../worker/file-facts-builder.ts";
import type { Dispatcher } from "./dispatcher.ts";
import { planFileTasks } from "./plan-file-tasks.ts";
import { bucketOfRows, type FileReader, readFile } from "./read-file.ts";
import { workOnPool } from "./work-on-pool.ts";
import type { WorkerOptions } from "./worker-options.ts";

/**
 * Fits files of which each is a partition: workers read them themselves, and leave to the engine what they do not
 * understand, which is then read through DuckDB, one file after the other, and given to them as rows.
 */
export async function* fitFiles(
  inventory: Inventory,
  reader: FileReader,
  options: WorkerOptions,
): AsyncGenerator<RunEvent | ResultBatch, void, undefined> {
  const { job } = inventory;
  const tasks = planFileTasks(job.files, options.workers);
  const declined = new DeclinedFiles(inventory, reader, options);
  const { trainer, threadEntry, resultSchema, signal } = options;
  const { readColumns, keyFields, seed } = job;
  const happening = workOnPool({
    size: Math.min(options.workers, tasks.length),
    threadEntry,
    init: { trainer, readColumns, keyFields, seed, filePlan: filePlanOf(reader) },
    resultSchema,
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
  for await (const item of happening) {
    if (item.type === "result.batch") yield declined.withFacts(item);
    else if (item.type !== "prediction.batch") yield item;
  }
}

function filePlanOf(reader: FileReader): FilePlan {
  const { job, dialect } = reader;
  return { format: job.format, dialect, columns: job.readColumns, mustDecline: whyDecline(reader) };
}

/** Why only DuckDB reads the files of a job as it must; null where workers do. */
function whyDecline({ job }: FileReader): string | null {
  if (job.source.where !== null) return "rows are filtered";
  for (const { name, type } of job.readColumns) {
    const { sqlType, foundType } = job.columns.find((column) => column.name === name)!;
    if (sqlType !== foundType && sqlType !== "DOUBLE") return `the type of column "${name}" was told`;
    if (sqlType === "BOOLEAN" && type === "double") return `column "${name}" holds truth values`;
  }
  return null;
}

/** Keys of neighbouring partitions, for trainers that see them. */
function keysOf(
  { keys }: Inventory,
  partitions: readonly number[],
  { trainer }: WorkerOptions,
): ReturnType<typeof sliceKeys> | null {
  if (trainer.kind !== "module") return null;
  return sliceKeys(keys, partitions[0]!, partitions.at(-1)! + 1);
}

/** Files that workers left to the engine, on their way through DuckDB. */
class DeclinedFiles {
  readonly #inventory: Inventory;
  readonly #reader: FileReader;
  readonly #options: WorkerOptions;
  readonly #waiting: number[] = [];
  /** What was read of files whose rows are with the workers. */
  readonly #facts = new Map<number, FileRead>();
  #wake: (() => void) | null = null;
  #isStopped = false;

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
    this.#isStopped = true;
    this.#wake?.();
  }

  /** Reads one file after the other, as they come, until it is stopped. */
  async readInto(dispatcher: Dispatcher): Promise<void> {
    while (!this.#isStopped) {
      const partition = this.#waiting.shift();
      if (partition !== undefined) await this.#read(partition, dispatcher);
      else await new Promise<void>((wake) => (this.#wake = wake));
    }
  }

  /** A batch with what is known of its files, where their rows were read here. */
  withFacts(batch: ResultBatch): ResultBatch {
    if (batch.files !== null) return batch;
    const facts = Array.from(batch.partition, (partition) => this.#facts.get(partition) ?? null);
    for (const partition of batch.partition) this.#facts.delete(partition);
    const sha256 = facts.map((file) => file?.sha256 ?? null);
    return { ...batch, files: { sha256, bytes: facts.map((file) => file?.bytes ?? null) } };
  }

  async #read(partition: number, dispatcher: Dispatcher): Promise<void> {
    const { job } = this.#inventory;
    const outcome = await readFile(job.files[partition]!, this.#reader, this.#options.signal);
    if ("failure" in outcome) {
      const { failure, file } = outcome;
      dispatcher.answerDeclined(partition, (task) => this.#failed(task, partition, failure, file));
      return;
    }
    this.#facts.set(partition, outcome.file);
    const bucket = bucketOfRows(outcome.rows, partition, job.readColumns);
    dispatcher.add({ kind: "bucket", bucket, keys: keysOf(this.#inventory, [partition], this.#options) });
  }

  #failed(
    task: number,
    partition: number,
    { code, message }: { readonly code: string; readonly message: string },
    file: FileRead | null,
  ): ResultBatch {
    const identity = { task, worker: 0, attempt: 0 };
    const builder = new BatchBuilder(this.#options.resultSchema, identity, Int32Array.of(partition));
    const unknown = { rowsRead: Number.NaN, rowsUsed: Number.NaN, rowsDropped: Number.NaN };
    const time = { startedAtMs: Date.now(), durationMs: 0 };
    builder.add({ state: "failed", code, message, stack: null, ...unknown }, time, file);
    return builder.finish();
  }
}
