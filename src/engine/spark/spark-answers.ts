import type { Table } from "@uwdata/flechette";
import { errorFrom, ManyfitError } from "../../errors.ts";
import { FrameDecoder } from "../../protocol/frame-decoder.ts";
import type { ResultBatch } from "../../run/result-batch.ts";
import { NO_COUNTS, type RunEvent } from "../../run/run-event.ts";
import type { FromHost } from "./executor/job-file.ts";
import type { SparkBuckets } from "./spark-buckets.ts";

/** What the shim tells beside what hosts tell: a host died, and another one was given the same rows. */
interface Restarted {
  readonly type: "restarted";
  readonly task: number;
  readonly cause: string;
}

/** When a task ran, by the clock of its executor. */
interface Ran {
  readonly type: "ran";
  readonly task: number;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
}

type FromExecutor = FromHost | Restarted | Ran;

/** Where a frame comes from, as the shim adds it to each. */
interface Origin {
  readonly stage: number;
  readonly partition: number;
  readonly attempt: number;
  readonly taskAttempt: number;
  readonly host: string;
  readonly executor: string;
  readonly process: number;
}

/** Partitions that nobody is given, with the tasks that they have alone. */
type Refused = Pick<SparkBuckets, "tooLarge" | "taskOf">;

const NONE_REFUSED: Refused = { tooLarge: new Map(), taskOf: new Int32Array() };

/**
 * Makes results and events of the rows that Spark gives: tasks are numbered as Spark's tasks are, workers by the processes of
 * executors in the order in which they are first heard of. Nothing comes twice, and nothing is missed.
 */
export class SparkAnswers {
  readonly #isAnswered: Uint8Array;
  readonly #taskCount: number | null;
  readonly #refused: Refused;
  /** Of tasks that were heard of, whether they are done. */
  readonly #isDone = new Map<number, boolean>();
  readonly #workers = new Map<string, number>();

  /** `taskCount` is null where Spark decides how many tasks there are. Of `refused` partitions nothing is expected. */
  constructor(partitionCount: number, taskCount: number | null, refused: Refused = NONE_REFUSED) {
    this.#isAnswered = new Uint8Array(partitionCount);
    this.#taskCount = taskCount;
    this.#refused = refused;
    for (const partition of refused.tooLarge.keys()) this.#isAnswered[partition] = 1;
  }

  /**
   * What some rows say.
   * @throws ManyfitError with the code of a host that failed, `spark_failed` for what no host says.
   */
  *read(table: Table): Generator<RunEvent | ResultBatch, void, undefined> {
    const frames = table.getChild("frame")!;
    const originOf = originsOf(table);
    for (let row = 0; row < table.numRows; row++) {
      const item = this.#itemOf(messageOf(frames.at(row) as Uint8Array), originOf(row));
      if (item !== null) yield item;
    }
  }

  /** @throws ManyfitError `source_changed` where a task or a partition has no answer: nothing of it has come to an executor. */
  finish(): void {
    const missing = this.#isAnswered.indexOf(0);
    if (missing >= 0)
      throw new ManyfitError(
        "source_changed",
        `partition ${missing}: was counted, and no executor was given a row of it; run again when nothing writes to the source`,
      );
    for (const [task, isDone] of this.#isDone) {
      if (!isDone) throw broken(`task ${task} has ended before it was done`);
    }
    // Spark need not run a task to which no row is brought.
    for (const partition of this.#refused.tooLarge.keys())
      this.#isDone.set(this.#refused.taskOf[partition]!, true);
    if (this.#isDone.size !== (this.#taskCount ?? this.#isDone.size))
      throw broken(`${this.#isDone.size} of ${this.#taskCount} tasks were heard of`);
  }

  #itemOf(message: FromExecutor, origin: Origin): RunEvent | ResultBatch | null {
    const task = origin.partition;
    if (this.#isDone.get(task) === true || task >= (this.#taskCount ?? Number.POSITIVE_INFINITY))
      throw broken(`task ${task} is none of this run, or was done before`);
    this.#isDone.set(task, false);
    switch (message.type) {
      case "result":
        this.#answer(message.batch.partition);
        return { ...message.batch, task, worker: this.#workerOf(origin) };
      case "event":
        return this.#eventOf(message.event, origin);
      case "restarted": {
        const { cause } = message;
        const place = { task, worker: this.#workerOf(origin), attempt: 0, partition: null };
        return {
          ...{ type: "attempt.lost", atMs: Date.now(), ...place, counts: NO_COUNTS },
          cause: `executor ${origin.executor} on ${origin.host}: ${cause}`,
        };
      }
      case "ran": {
        const { startedAtMs, endedAtMs } = message;
        const { partition: _, ...where } = origin;
        const times = { atMs: Date.now(), startedAtMs, endedAtMs };
        return { type: "task.ran", ...times, task, worker: this.#workerOf(origin), ...where };
      }
      case "done":
        this.#isDone.set(task, true);
        return null;
      case "failed": {
        const { code, message: text } = message;
        const isOfPlace = code !== "source_changed" && !text.startsWith("executor ");
        const place = isOfPlace ? `executor ${origin.executor} on ${origin.host}: ` : "";
        throw new ManyfitError(code, `${place}${text}`);
      }
      default:
        throw broken(`a host says ${JSON.stringify((message as { type?: unknown }).type)}`);
    }
  }

  #answer(partitions: Int32Array): void {
    for (const partition of partitions) {
      // Undefined beyond the last one.
      if (this.#isAnswered[partition] !== 0)
        throw broken(`partition ${partition} is none of this run, or was answered before`);
      this.#isAnswered[partition] = 1;
    }
  }

  #eventOf(event: RunEvent, origin: Origin): RunEvent {
    if (!("task" in event)) return event;
    if (event.type === "trainer.logged")
      return event.task === null ? event : { ...event, task: origin.partition };
    return { ...event, task: origin.partition, worker: this.#workerOf(origin) };
  }

  #workerOf({ host, executor, process }: Origin): number {
    const name = JSON.stringify([host, executor, process]);
    const known = this.#workers.get(name);
    if (known !== undefined) return known;
    this.#workers.set(name, this.#workers.size);
    return this.#workers.size - 1;
  }
}

/** Where each row comes from. */
function originsOf(table: Table): (row: number) => Origin {
  const column = (name: string) => table.getChild(name)!;
  const [stage, partition, attempt] = [column("stage"), column("partition"), column("attempt")];
  const [taskAttempt, process] = [column("task_attempt"), column("process")];
  const [host, executor] = [column("host"), column("executor")];
  return (row) => ({
    stage: Number(stage.at(row)),
    partition: Number(partition.at(row)),
    attempt: Number(attempt.at(row)),
    taskAttempt: Number(taskAttempt.at(row)),
    host: String(host.at(row)),
    executor: String(executor.at(row)),
    process: Number(process.at(row)),
  });
}

function messageOf(frame: Uint8Array): FromExecutor {
  const decoder = new FrameDecoder();
  try {
    const messages = [...decoder.push(frame)];
    decoder.end();
    if (messages.length === 1) return messages[0] as FromExecutor;
  } catch (error) {
    throw broken(`a frame is damaged: ${errorFrom(error).message}`);
  }
  throw broken("a row does not hold one frame");
}

function broken(what: string): ManyfitError {
  return new ManyfitError("spark_failed", `results from executors: ${what}; run again`);
}
