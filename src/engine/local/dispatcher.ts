import { ManyfitError } from "../../errors.ts";
import type { WorkerMessage } from "../../protocol/message.ts";
import type { PredictionBatch } from "../../protocol/prediction-batch.ts";
import { countStates, type ResultBatch } from "../../run/result-batch.ts";
import type { ResultSchema } from "../../run/result-schema.ts";
import type { RunEvent, StateCounts } from "../../run/run-event.ts";
import { addCounts } from "../../run/run-state.ts";
import { lostBatch, lostPrediction } from "./lost-batch.ts";
import { type Leftover, TaskAtWork } from "./task-at-work.ts";
import {
  messageOf,
  partitionAt,
  rowsOf,
  sizeOf,
  type TaskRange,
  type Work,
  wholeRange,
} from "./task-range.ts";
import type { WorkQueue } from "./work-queue.ts";
import type { WorkerDeath, WorkerPool, WorkerPoolListener } from "./worker-pool.ts";

/** Tasks that a worker has at a time: one to fit, one to go on with. */
const TASKS_PER_WORKER = 2;

/** Results that wait for the store before workers are given no more. */
const WAITING_RESULTS = 32;

/** Deaths in a row with nothing done, after which it is not the fault of a partition. */
const SILENT_DEATHS = 3;

/** What comes of work: results, predictions, and what is to be told of them. */
export type Happening = RunEvent | ResultBatch | PredictionBatch;

/** What a dispatcher works with. */
export interface DispatcherOptions {
  /** Where everything that happens goes. It ends when every partition is answered, and fails when the pool does. */
  readonly results: WorkQueue<Happening>;
  readonly resultSchema: ResultSchema;
  /** A worker leaves a file to the engine, which has to `add` its rows; until then the results do not end. */
  readonly onDeclined?: (partition: number, path: string, reason: string) => void;
  /** Something was printed. */
  readonly onLogged?: (worker: number, message: Extract<WorkerMessage, { readonly type: "logged" }>) => void;
}

/**
 * Gives work to workers, the largest first and no faster than results are taken, and sees to it that every partition is
 * answered exactly once, whatever dies.
 *
 * When a worker dies, what it had not begun is given out again as it was. Of the task it was at, the partition at work
 * is tried once more, alone, and is lost if it kills a second worker; all others go on without it. A task that is tried
 * again keeps its number where it is whole, and its parts get new ones, so that a number and an attempt are always one
 * set of partitions on one worker. Attempts count on from those before: they are those of the partitions.
 */
export class Dispatcher implements WorkerPoolListener {
  readonly #options: DispatcherOptions;
  readonly #results: WorkQueue<Happening>;
  #pool: WorkerPool | null = null;
  /** Each worker's tasks: what it is at comes first. */
  #lanes: { atWork: TaskAtWork | null; readonly behind: TaskRange[] }[] = [];
  /** What nobody has; the last is taken first. */
  readonly #waiting: TaskRange[] = [];
  readonly #declined = new Set<number>();
  #nextTask = 0;
  #idleDeaths = 0;
  #expectsMore = true;
  #hasFailed = false;
  #isHeld = false;
  #wakeProducer: (() => void) | null = null;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#results = options.results;
  }

  /** The pool whose listener this is; nothing is given out before. */
  attach(pool: WorkerPool): void {
    this.#pool = pool;
    this.#lanes = Array.from({ length: pool.size }, () => ({ atWork: null, behind: [] }));
    this.advance();
  }

  /** More to do. After `finish` only for partitions that were declined. */
  add(work: Work): void {
    if (this.#hasFailed) return;
    this.#waiting.push(wholeRange(work, this.#nextTask++));
    this.advance();
  }

  /** Comes when workers could take more than there is, or nothing is given out any more: whoever makes work waits for it. */
  async untilWanted(): Promise<void> {
    while (!this.#hasFailed && this.#waiting.length >= this.#lanes.length)
      await new Promise<void>((wake) => (this.#wakeProducer = wake));
  }

  /** Nothing is given out any more, and whatever workers still say is passed over. */
  stop(): void {
    this.#hasFailed = true;
    this.#waiting.length = 0;
    this.#wakeProducer?.();
  }

  /** Ends a declined partition with a result of the engine's own, made for the task that it is told. */
  answerDeclined(partition: number, resultOf: (task: number) => ResultBatch): void {
    const task = this.#nextTask++;
    const batch = resultOf(task);
    const { worker, attempt } = batch;
    const atMs = Date.now();
    const identity = { task, worker, attempt };
    this.#results.push({ type: "task.started", atMs, ...identity, partitions: 1, rows: null });
    this.#results.push(batch);
    const counts = countStates(batch);
    this.#results.push({ type: "task.finished", atMs, ...identity, durationMs: 0, counts });
    this.#declined.delete(partition);
    this.#closeIfDone();
  }

  /** No further work but for declined partitions: the results end with the last answer. */
  finish(): void {
    this.#expectsMore = false;
    // Ascending, because the last is taken first; equals in the order in which they came.
    this.#waiting.sort((a, b) => sizeOf(a.work) - sizeOf(b.work) || b.task - a.task);
    this.advance();
    this.#closeIfDone();
  }

  /** Hands out what can be handed out now. */
  advance(): void {
    this.#holdIfFull();
    while (this.#waiting.length > 0 && this.#results.length < WAITING_RESULTS) {
      const loads = this.#lanes.map(({ atWork, behind }) => (atWork === null ? 0 : 1) + behind.length);
      const load = Math.min(...loads);
      if (load >= TASKS_PER_WORKER) return;
      this.#give(this.#waiting.pop()!, loads.indexOf(load));
    }
    if (this.#waiting.length < this.#lanes.length) this.#wakeProducer?.();
  }

  /** Lets workers wait with their results while too many are waiting here. */
  #holdIfFull(): void {
    const isFull = this.#results.length >= WAITING_RESULTS;
    if (isFull === this.#isHeld) return;
    this.#isHeld = isFull;
    this.#pool?.hold(isFull);
  }

  onMessage(worker: number, message: Exclude<WorkerMessage, { readonly type: "broken" }>): void {
    if (this.#hasFailed) return;
    if (message.type === "logged") {
      this.#options.onLogged?.(worker, message);
      return;
    }
    try {
      this.#takeAnswer(worker, message);
      this.#holdIfFull();
    } catch (error) {
      this.#fail(error);
    }
  }

  onDeath(worker: number, death: WorkerDeath): void {
    if (this.#hasFailed) return;
    const lane = this.#lanes[worker]!;
    const { atWork, behind } = lane;
    this.#waiting.push(...behind.splice(0).reverse());
    lane.atWork = null;
    this.#pool!.restart(worker);
    if (atWork === null) {
      this.#idleDeaths++;
      if (this.#idleDeaths >= SILENT_DEATHS) this.#fail(keepsDying(death));
    } else this.#recover(worker, atWork, death);
    this.advance();
    this.#closeIfDone();
  }

  onFailure(error: ManyfitError): void {
    this.#fail(error);
  }

  /** The results end with this error; nothing is given out or started any more. */
  #fail(error: unknown): void {
    this.stop();
    this.#results.fail(error);
  }

  #give(range: TaskRange, worker: number): void {
    const lane = this.#lanes[worker]!;
    if (lane.atWork === null) this.#begin(range, worker);
    else lane.behind.push(range);
    this.#pool!.send(worker, messageOf(range));
  }

  #begin(range: TaskRange, worker: number): void {
    const atMs = Date.now();
    const { task, attempt, from, to } = range;
    this.#lanes[worker]!.atWork = new TaskAtWork(range, atMs);
    const partitions = to - from;
    this.#results.push({
      type: "task.started",
      atMs,
      task,
      worker,
      attempt,
      partitions,
      rows: rowsOf(range),
    });
  }

  #takeAnswer(worker: number, message: Exclude<WorkerMessage, { readonly type: "broken" | "logged" }>): void {
    const { atWork } = this.#lanes[worker]!;
    const task = "batch" in message ? message.batch.task : "task" in message ? message.task : null;
    if (atWork === null || task !== atWork.range.task) {
      const expected = atWork === null ? "nothing" : `task ${atWork.range.task}`;
      throw new ManyfitError(
        "worker_failed",
        `worker ${worker} sent ${message.type} of task ${task}, was at ${expected}`,
      );
    }
    switch (message.type) {
      case "started":
        atWork.begin(message.partition);
        break;
      case "declined":
        this.#decline(atWork, message);
        break;
      case "result":
        this.#takeResult(atWork, message.batch);
        if (message.isLast) this.#end(worker, atWork);
        break;
      case "predicted":
        atWork.predict(message.batch.partition);
        this.#idleDeaths = 0;
        this.#results.push(message.batch);
        break;
      case "scored":
        atWork.endScoring();
        this.#end(worker, atWork);
        break;
      default:
        throw new ManyfitError("internal", `worker ${worker} sent ${message.type}, nobody asked for it`);
    }
  }

  #takeResult(atWork: TaskAtWork, batch: ResultBatch): void {
    atWork.answer(batch);
    if (batch.partition.length === 0) return;
    this.#idleDeaths = 0;
    for (const partition of batch.partition) this.#declined.delete(partition);
    this.#results.push(batch);
  }

  #decline(atWork: TaskAtWork, { partition, reason }: { partition: number; reason: string }): void {
    const index = atWork.decline(partition);
    const { work } = atWork.range;
    if (work.kind !== "files" || this.#options.onDeclined === undefined)
      throw new ManyfitError("internal", `partition ${partition} was declined, and nobody else can read it`);
    this.#idleDeaths = 0;
    this.#declined.add(partition);
    this.#options.onDeclined(partition, work.files[index]!.path, reason);
  }

  /** The worker has answered all of its task. */
  #end(worker: number, atWork: TaskAtWork): void {
    const { range, unansweredCount } = atWork;
    if (unansweredCount > 0) {
      const text = `worker ${worker} ended task ${range.task} with ${unansweredCount} partitions left`;
      throw new ManyfitError("worker_failed", text);
    }
    this.#tellFinished(worker, atWork);
    const lane = this.#lanes[worker]!;
    lane.atWork = null;
    const next = lane.behind.shift();
    if (next !== undefined) this.#begin(next, worker);
    this.advance();
    this.#closeIfDone();
  }

  #tellFinished(worker: number, { range, counts, startedAtMs }: TaskAtWork): void {
    const atMs = Date.now();
    const { task, attempt } = range;
    const durationMs = atMs - startedAtMs;
    this.#results.push({ type: "task.finished", atMs, task, worker, attempt, durationMs, counts });
  }

  #recover(worker: number, atWork: TaskAtWork, death: WorkerDeath): void {
    if (atWork.unansweredCount === 0) {
      // Dead after its last answer, before it could say that this was the last.
      this.#tellFinished(worker, atWork);
      return;
    }
    const { range, counts } = atWork;
    const leftover = atWork.leftover();
    const { suspect, rest } = leftover;
    if (suspect !== null && range.isLastTry && range.work.kind === "score") {
      const lost = lostPrediction(range, range.work.bucket, death);
      this.#tellLost(worker, atWork, { leftover, death, counts });
      this.#results.push(lost);
      return;
    }
    if (suspect !== null && range.isLastTry) {
      const lost = lostBatch(this.#options.resultSchema, atWork, worker, death);
      this.#tellLost(worker, atWork, { leftover, death, counts: addCounts(counts, countStates(lost)) });
      this.#takeResult(atWork, lost);
      return;
    }
    this.#tellLost(worker, atWork, { leftover, death, counts });
    if (suspect === null && !atWork.hasAnswer) {
      this.#tryWholeAgain(range, death);
      return;
    }
    for (const place of rest.toReversed()) this.#waiting.push(this.#part(range, place, false));
    if (suspect === null) return;
    this.#give(this.#part(range, { from: suspect, to: suspect + 1 }, true), worker);
  }

  #tryWholeAgain(range: TaskRange, death: WorkerDeath): void {
    const silentDeaths = range.silentDeaths + 1;
    if (silentDeaths >= SILENT_DEATHS) this.#fail(keepsDying(death));
    else this.#waiting.push({ ...range, attempt: range.attempt + 1, silentDeaths });
  }

  #part(
    range: TaskRange,
    place: { readonly from: number; readonly to: number },
    isLastTry: boolean,
  ): TaskRange {
    const attempt = range.attempt + 1;
    return { task: this.#nextTask++, attempt, work: range.work, ...place, isLastTry, silentDeaths: 0 };
  }

  #tellLost(
    worker: number,
    { range }: TaskAtWork,
    {
      leftover,
      death,
      counts,
    }: { readonly leftover: Leftover; readonly death: WorkerDeath; readonly counts: StateCounts },
  ): void {
    const { task, attempt, work } = range;
    const { cause } = death;
    const partition = leftover.suspect === null ? null : partitionAt(work, leftover.suspect);
    const atMs = Date.now();
    this.#results.push({ type: "attempt.lost", atMs, task, worker, attempt, partition, cause, counts });
  }

  #closeIfDone(): void {
    const isDone =
      !this.#expectsMore &&
      this.#waiting.length === 0 &&
      this.#declined.size === 0 &&
      this.#lanes.every(({ atWork }) => atWork === null);
    if (isDone) this.#results.close();
  }
}

function keepsDying({ cause, lastWords }: WorkerDeath): ManyfitError {
  const words = lastWords === "" ? "" : `; it wrote last:\n${lastWords}`;
  return new ManyfitError(
    "worker_failed",
    `${cause}, the ${SILENT_DEATHS}rd worker in a row to end before it fitted anything${words}`,
  );
}
