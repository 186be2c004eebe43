import { ManyfitError } from "../errors.ts";
import type { WorkerMessage } from "../protocol/message.ts";
import type { PredictionBatch } from "../protocol/prediction-batch.ts";
import { countStates, type ResultBatch } from "../run/result-batch.ts";
import type { ResultSchema } from "../run/result-schema.ts";
import type { RunEvent } from "../run/run-event.ts";
import { answerBytes } from "./answer-bytes.ts";
import { type GivenUp, givenUpBatch } from "./given-up-batch.ts";
import { givenUpPrediction } from "./given-up-prediction.ts";
import { keepsDying, SILENT_DEATHS } from "./keeps-dying.ts";
import { ListeningClock } from "./listening-clock.ts";
import { planRecovery } from "./plan-recovery.ts";
import { type FitAtWork, type Run, TaskAtWork } from "./task-at-work.ts";
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
import type { PoolMessage, WorkerDeath, WorkerPool, WorkerPoolListener } from "./worker-pool.ts";

/** Tasks that a worker has at a time: one to fit, one to go on with. */
const TASKS_PER_WORKER = 2;

/** Results that wait for the store before workers are given no more, and bytes of models and predictions in them. */
const WAITING_RESULTS = 32;
const WAITING_BYTES = 2 ** 25;

/** What comes of work: results, predictions, and what is to be told of them. */
export type Happening = RunEvent | ResultBatch | PredictionBatch;

/** What a dispatcher works with. */
export interface DispatcherOptions {
  /** Where everything that happens goes. It ends when every partition is answered, and fails when the pool does. */
  readonly results: WorkQueue<Happening>;
  readonly resultSchema: ResultSchema;
  /** A worker leaves a file to the engine, which has to `add` its rows; until then the results do not end. */
  readonly onDeclined?: (partition: number, path: string, reason: string) => void;
  /** Something was printed; `keyBytes` are those of the partition at work, where its trainer sees keys. */
  readonly onLogged?: (
    message: Extract<WorkerMessage, { readonly type: "logged" }>,
    keyBytes: Uint8Array | null,
  ) => void;
}

/** A fit that goes on, with the task that it is a part of. */
export interface RunningFit extends FitAtWork {
  readonly task: number;
}

interface Lane {
  atWork: TaskAtWork | null;
  readonly behind: TaskRange[];
  /** Whether its worker has answered anything of what it was given. */
  hasAnswered: boolean;
}

/**
 * Gives work to workers, the largest first and no faster than results are taken, and sees to it that every partition is
 * answered exactly once, whatever dies.
 *
 * When a worker dies, what it had not begun is given out again as it was. Of the task it was at, the partition at work
 * is tried once more, alone, and is lost if it kills a second worker; one whose fit took too long is not tried again; all
 * others go on without it ({@link planRecovery}). A task that is tried again keeps its number where it is whole, and its parts get new ones, so that a number and an attempt are always one
 * set of partitions on one worker. Attempts count on from those before: they are those of the partitions.
 */
export class Dispatcher implements WorkerPoolListener {
  /** What fits are timed by. It is held while results wait for the store. */
  readonly clock = new ListeningClock();
  readonly #options: DispatcherOptions;
  readonly #results: WorkQueue<Happening>;
  #pool: WorkerPool | null = null;
  /** Each worker's tasks: what it is at comes first. */
  #lanes: Lane[] = [];
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
    this.#lanes = Array.from({ length: pool.size }, () => ({ atWork: null, behind: [], hasAnswered: false }));
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

  /** What a worker is at; null where it has begun nothing that it has not answered. */
  fitOf(worker: number): RunningFit | null {
    const atWork = this.#lanes[worker]?.atWork;
    return atWork?.fit ? { ...atWork.fit, task: atWork.range.task } : null;
  }

  /** Canonical key bytes of a partition that a worker is at; null where it is not, or its trainer sees no keys. */
  keyOf(worker: number, partition: number): Uint8Array | null {
    const atWork = this.#lanes[worker]?.atWork;
    return atWork?.fit?.partition === partition ? atWork.keyOf(partition) : null;
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
    while (this.#waiting.length > 0 && !this.#isFull) {
      const loads = this.#lanes.map(loadOf);
      const load = Math.min(...loads);
      if (load >= TASKS_PER_WORKER) return;
      this.#give(this.#waiting.pop()!, loads.indexOf(load));
    }
    if (this.#waiting.length < this.#lanes.length) this.#wakeProducer?.();
  }

  /** Whether too much waits for the store. */
  get #isFull(): boolean {
    return this.#results.length >= WAITING_RESULTS || this.#results.bytes >= WAITING_BYTES;
  }

  /** Lets workers wait with their results while too many are waiting here. */
  #holdIfFull(): void {
    const isFull = this.#isFull;
    if (isFull === this.#isHeld) return;
    this.#isHeld = isFull;
    this.clock.hold(isFull);
    this.#pool?.hold(isFull);
  }

  onMessage(worker: number, message: PoolMessage): void {
    if (this.#hasFailed) return;
    try {
      if (message.type === "logged") {
        const { partition } = message;
        this.#options.onLogged?.(message, partition === null ? null : this.keyOf(worker, partition));
        return;
      }
      this.#takeAnswer(worker, message);
      this.#holdIfFull();
    } catch (error) {
      const isNonsense = error instanceof ManyfitError && error.code === "worker_failed";
      if (isNonsense && this.#pool!.giveUp(worker, "sent an answer that makes no sense", error.message))
        return;
      this.#fail(error);
    }
  }

  onDeath(worker: number, death: WorkerDeath): void {
    if (this.#hasFailed) return;
    const lane = this.#lanes[worker]!;
    const { atWork, behind, hasAnswered } = lane;
    this.#waiting.push(...behind.splice(0).reverse());
    lane.atWork = null;
    lane.hasAnswered = false;
    this.#pool!.restart(worker);
    if (atWork !== null) this.#recover(worker, atWork, death);
    else if (!hasAnswered && ++this.#idleDeaths >= SILENT_DEATHS) this.#fail(keepsDying(death));
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

  #takeAnswer(worker: number, message: Exclude<PoolMessage, { readonly type: "logged" }>): void {
    const lane = this.#lanes[worker]!;
    const { atWork } = lane;
    const task = "batch" in message ? message.batch.task : "task" in message ? message.task : null;
    if (atWork === null || task !== atWork.range.task) {
      const expected = atWork === null ? "nothing" : `task ${atWork.range.task}`;
      throw new ManyfitError(
        "worker_failed",
        `worker ${worker} sent ${message.type} of task ${task}, was at ${expected}`,
      );
    }
    lane.hasAnswered ||= message.type !== "started";
    switch (message.type) {
      case "started":
        atWork.begin(message.partition, this.clock.now());
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
        this.#pushAnswer(message.batch);
        break;
      case "scored":
        atWork.endScoring();
        this.#end(worker, atWork);
        break;
      default:
        throw new ManyfitError("worker_failed", `worker ${worker} sent ${message.type}, nobody asked for it`);
    }
  }

  #takeResult(atWork: TaskAtWork, batch: ResultBatch): void {
    atWork.answer(batch);
    if (batch.partition.length > 0) this.#pushAnswer(batch);
  }

  #decline(atWork: TaskAtWork, { partition, reason }: { partition: number; reason: string }): void {
    const { work } = atWork.range;
    if (work.kind !== "files" || this.#options.onDeclined === undefined)
      throw new ManyfitError(
        "worker_failed",
        `partition ${partition} was declined, and nobody else can read it`,
      );
    const index = atWork.decline(partition);
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
    const { range, suspect } = atWork;
    const { givenUp, alone, rest, isSilent } = planRecovery(atWork, death);
    const partition = givenUp?.index ?? suspect;
    const answer = givenUp === null ? null : this.#answerFor(atWork, { ...givenUp, worker });
    if (answer?.type === "result.batch") atWork.answer(answer);
    this.#results.push({
      type: "attempt.lost",
      atMs: Date.now(),
      task: range.task,
      worker,
      attempt: range.attempt,
      partition: partition === null ? null : partitionAt(range.work, partition),
      cause: death.cause,
      counts: atWork.counts,
    });
    if (answer !== null) this.#pushAnswer(answer);
    if (isSilent) {
      this.#tryWholeAgain(range, worker, death);
      return;
    }
    for (const run of rest.toReversed()) this.#waiting.push(this.#part(range, run, false));
    if (alone !== null) this.#give(this.#part(range, { from: alone, to: alone + 1 }, true), worker);
  }

  /** What is said of a partition that is given up. */
  #answerFor(atWork: TaskAtWork, givenUp: GivenUp): ResultBatch | PredictionBatch {
    const { task, work } = atWork.range;
    if (work.kind === "score") return givenUpPrediction(task, work.bucket, givenUp);
    return givenUpBatch(this.#options.resultSchema, atWork, givenUp);
  }

  #pushAnswer(answer: ResultBatch | PredictionBatch): void {
    this.#idleDeaths = 0;
    if (answer.type === "result.batch")
      for (const partition of answer.partition) this.#declined.delete(partition);
    this.#results.push(answer, answerBytes(answer));
  }

  /** On the fresh worker: what another one holds of what it did before could be taken for the fault of this task. */
  #tryWholeAgain(range: TaskRange, worker: number, death: WorkerDeath): void {
    const silentDeaths = range.silentDeaths + 1;
    if (silentDeaths >= SILENT_DEATHS) this.#fail(keepsDying(death));
    else this.#give({ ...range, attempt: range.attempt + 1, silentDeaths }, worker);
  }

  #part(range: TaskRange, run: Run, isLastTry: boolean): TaskRange {
    const attempt = range.attempt + 1;
    return { task: this.#nextTask++, attempt, work: range.work, ...run, isLastTry, silentDeaths: 0 };
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

/** How much a worker has to do. What is tried alone, or again whole, counts as all that it can take. */
function loadOf({ atWork, behind }: Lane): number {
  if (atWork !== null && (atWork.range.isLastTry || atWork.range.silentDeaths > 0)) return TASKS_PER_WORKER;
  return (atWork === null ? 0 : 1) + behind.length;
}
