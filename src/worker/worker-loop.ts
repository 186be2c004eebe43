import { ManyfitError } from "../errors.ts";
import { keyAt } from "../key/key-list.ts";
import type {
  BucketTask,
  FileOfTask,
  FileTask,
  ScoreTask,
  StoredTask,
  TaskIdentity,
  WorkerInit,
  WorkerMessage,
} from "../protocol/message.ts";
import { needsKeys } from "../protocol/needs-keys.ts";
import type { StoredPartition } from "../protocol/stored-rows.ts";
import { readFileRows } from "../source/file/read-file-rows.ts";
import type { PartitionRows, PipelinedTrainer, PredictingTrainer, Trainer } from "../trainer/trainer.ts";
import { BatchBuilder, batchBuffers } from "./batch-builder.ts";
import { cutBucket } from "./cut-bucket.ts";
import type { FileRead } from "./file-facts-builder.ts";
import { fitInto } from "./fit-into.ts";
import { fitStored } from "./fit-stored.ts";
import { hasInexactInteger } from "./has-inexact-integer.ts";
import { scoreTask } from "./score-task.ts";

/** Milliseconds of fits after which a worker says what it has, so that its death costs little. */
const TELL_EVERY_MS = 100;

/** Length of models after which it does, so that large ones are nowhere many at a time. */
const TELL_EVERY_BYTES = 2 ** 22;

/** What a worker does with its tasks, one after the other: a task is given when the one before is answered. */
export interface WorkerLoop {
  data(task: BucketTask): Promise<void>;
  files(task: FileTask): Promise<void>;
  stored(task: StoredTask): Promise<void>;
  score(task: ScoreTask): Promise<void>;
}

/** Sends a message, and with it the memory of `transfer` where the way allows it. */
export type Send = (message: WorkerMessage, transfer?: ArrayBuffer[]) => void;

/**
 * The loop that every worker runs, in a thread, a process, or elsewhere: cut, order, fit, answer. Trainers that are
 * modules may bring their process down, so each of their partitions is announced and results leave while the task
 * goes on.
 */
export function createWorkerLoop(
  init: WorkerInit,
  trainer: Trainer | PredictingTrainer | PipelinedTrainer,
  send: Send,
): WorkerLoop {
  const pipelined = "untilRoom" in trainer ? trainer : null;
  const mayDie = init.trainer.kind !== "estimator";
  const announce = (task: TaskIdentity, partition: number): void => {
    if (pipelined !== null) pipelined.expect({ task: task.task, partition });
    else if (mayDie) send({ type: "started", task: task.task, partition });
  };
  const answer = (task: TaskIdentity, partitions: Int32Array): Answer => {
    return new Answer({ init, trainer, send, mayDie }, task, partitions);
  };
  return {
    async data(task) {
      checkKeys(init, task);
      const { bucket, from, to, keys } = task;
      const first = bucket.firstPartition;
      const results = answer(task, range(first + from, first + to));
      for (const { index, rows } of cutBucket(bucket)) {
        if (index < from || index >= to) continue;
        announce(task, first + index);
        const fitted = results.fit(rows, keys === null ? null : keyAt(keys, index));
        if (fitted !== undefined) await (pipelined === null ? fitted : pipelined.untilRoom());
      }
      await results.end();
    },
    async files(task) {
      checkKeys(init, task);
      const results = answer(
        task,
        Int32Array.from(task.files, (file) => file.partition),
      );
      for (const [index, file] of task.files.entries()) {
        const { partition } = file;
        announce(task, partition);
        const reason = await results.fitFile(file, task.keys === null ? null : keyAt(task.keys, index));
        if (reason !== null) send({ type: "declined", task: task.task, partition, reason });
        await pipelined?.untilRoom();
      }
      await results.end();
    },
    async stored(task) {
      const results = answer(task, Int32Array.of(task.stored.partition));
      results.fitStored(task.stored);
      await results.end();
    },
    async score(task) {
      await scoreTask(task, trainer, { announce, send });
    },
  };
}

/** A partition without its key would have another's seed, and no trainer would know. */
function checkKeys(init: WorkerInit, { keys }: BucketTask | FileTask): void {
  if (keys === null && init.keyFields.length > 0 && needsKeys(init))
    throw new ManyfitError("internal", "worker was given partitions without their keys");
}

interface AnswerContext {
  readonly init: WorkerInit;
  readonly trainer: Trainer | PipelinedTrainer;
  readonly send: Send;
  readonly mayDie: boolean;
}

/** The results of one task on their way: in one batch, or in several while the task goes on. */
class Answer {
  readonly #context: AnswerContext;
  readonly #task: TaskIdentity;
  #waiting: Int32Array;
  #builder: BatchBuilder;
  #toldAt = performance.now();
  /** Fits that were asked for, and of these those that were answered. */
  #given = 0;
  #answered = 0;
  /** Settled when every fit so far is: a trainer that is given others before answers in their order. */
  #settled: Promise<void> | undefined;

  constructor(context: AnswerContext, task: TaskIdentity, partitions: Int32Array) {
    this.#context = context;
    this.#task = task;
    this.#waiting = partitions;
    this.#builder = this.#newBuilder();
  }

  /** The fit of the next partition; a promise only where the trainer gives one. */
  fit(rows: PartitionRows, keyBytes: Uint8Array | null, file?: FileRead): Promise<void> | undefined {
    const request = { rows, keyBytes, ...(file === undefined ? {} : { file }) };
    const place = this.#given++;
    const fitted = fitInto(() => this.#builderAt(place), this.#context.trainer, request);
    this.#settled = fitted?.then(() => this.#tellIfDue());
    if (fitted === undefined) this.#tellIfDue();
    return this.#settled;
  }

  /** The fit of the next file; gives the reason where the file is left to the engine. */
  async fitFile({ path, content }: FileOfTask, keyBytes: Uint8Array | null): Promise<string | null> {
    const { init, trainer } = this.#context;
    const isPipelined = "untilRoom" in trainer;
    if (init.filePlan === null)
      throw new ManyfitError("internal", "worker was given files before their plan");
    const reading = await readFileRows(path, init.filePlan, content);
    if (reading.kind === "rows" && !hasInexactInteger(reading.rows, init.readColumns)) {
      const fitted = this.fit(reading.rows, keyBytes, reading.file);
      if (!isPipelined) await fitted;
      return null;
    }
    await this.#settled;
    if (reading.kind !== "failed")
      return this.#skip(reading.kind === "declined" ? reading.reason : "it has an integer beyond 2^53");
    this.#builder.addUnread(reading, reading.file);
    this.#tellIfDue();
    return null;
  }

  /** The fit of a partition whose rows lie in a file. */
  fitStored(stored: StoredPartition): void {
    const startedAt = performance.now();
    const startedAtMs = performance.timeOrigin + startedAt;
    const result = fitStored(this.#context.trainer, stored);
    this.#builder.add(result, { startedAtMs, durationMs: performance.now() - startedAt });
  }

  /** Says what has not been said yet, when all is answered. */
  async end(): Promise<void> {
    if (this.#settled !== undefined) await this.#settled;
    this.#tell(true);
  }

  /** The builder for the fit that was asked for as this one: a result in another's place would be a wrong model. */
  #builderAt(place: number): BatchBuilder {
    if (place !== this.#answered++)
      throw new ManyfitError(
        "internal",
        `trainer answered fit ${place} of a task as fit ${this.#answered - 1}`,
      );
    return this.#builder;
  }

  /** Passes over the next partition, which somebody else will answer. */
  #skip(reason: string): string {
    const { count } = this.#builder;
    // What is answered already goes first: a batch has its partitions one behind the other.
    if (count > 0) this.#tell(false);
    this.#waiting = this.#waiting.subarray(1);
    this.#builder = this.#newBuilder();
    return reason;
  }

  #tellIfDue(): void {
    if (!this.#context.mayDie) return;
    const isMuch = this.#builder.documentBytes >= TELL_EVERY_BYTES;
    if (isMuch || performance.now() - this.#toldAt >= TELL_EVERY_MS) this.#tell(false);
  }

  #tell(isLast: boolean): void {
    const batch = this.#builder.finish();
    this.#waiting = this.#waiting.subarray(batch.partition.length);
    this.#context.send({ type: "result", batch, isLast }, batchBuffers(batch));
    this.#toldAt = performance.now();
    if (!isLast) this.#builder = this.#newBuilder();
  }

  #newBuilder(): BatchBuilder {
    const { trainer, init } = this.#context;
    const { task, attempt } = this.#task;
    const identity = { task, worker: init.worker, attempt };
    return new BatchBuilder(trainer.resultSchema, identity, this.#waiting.slice(), init.modelCap ?? null);
  }
}

function range(from: number, to: number): Int32Array {
  return Int32Array.from({ length: to - from }, (_, i) => from + i);
}
