import { errorFrom, ManyfitError } from "../errors.ts";
import type { ProcessEnd } from "../protocol/framed-process.ts";
import { PROTOCOL_VERSION, type PythonHostMessage, type WorkerMessage } from "../protocol/message.ts";
import type { WorkerEntry } from "../worker/worker-entry.ts";
import type { PythonReserve } from "./python-reserve.ts";
import { PythonThread, type PythonThreadOwner } from "./python-thread.ts";
import { endText, type WorkerEnd } from "./worker-end.ts";
import type { PoolInit, TaskMessage, WorkerPool, WorkerPoolListener } from "./worker-pool.ts";

/** A worker, and what is known of it. */
interface PythonWorker {
  readonly thread: PythonThread;
  /** Whether the child has still to load its trainer. */
  isLoading: boolean;
  /** Why the child was ended; null where nobody did. */
  end: WorkerEnd | null;
}

/** Where a pool has its threads from. */
export interface PythonThreads {
  /** Module that threads run. */
  readonly entry: WorkerEntry;
  /** Those that were started before; null: none. */
  readonly reserve: PythonReserve | null;
}

/**
 * Workers that are threads of this process, each with a Python child in which code of the user's runs: rows go over shared
 * memory to the thread, which cuts, orders and divides them, and from there to the child. Whatever the trainer does to its
 * process, it does to one worker, and thread and child are both started anew.
 */
export class PythonPool implements WorkerPool {
  readonly size: number;
  readonly #threads: PythonThreads;
  readonly #init: PoolInit;
  readonly #listener: WorkerPoolListener;
  readonly #workers: PythonWorker[] = [];
  readonly #ending: Promise<unknown>[] = [];
  #isHeld = false;
  #isClosed = false;

  constructor(size: number, threads: PythonThreads, init: PoolInit, listener: WorkerPoolListener) {
    this.size = size;
    this.#threads = threads;
    this.#init = init;
    this.#listener = listener;
    try {
      for (let worker = 0; worker < size; worker++) this.#workers.push(this.#start(worker));
    } catch (error) {
      void this.close();
      throw error;
    }
    // There may be more than there is work for.
    if (threads.reserve !== null) this.#ending.push(threads.reserve.close());
  }

  send(worker: number, message: TaskMessage): void {
    this.#workers[worker]!.thread.post(message);
  }

  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
    for (const { thread } of this.#workers) thread.post({ type: "hold", isHeld });
  }

  restart(worker: number): void {
    if (this.#isClosed) return;
    try {
      this.#workers[worker] = this.#start(worker);
    } catch (error) {
      this.#listener.onFailure(errorFrom(error));
    }
  }

  pidOf(worker: number): number | null {
    const { thread, end } = this.#workers[worker]!;
    return end === null ? thread.pid : null;
  }

  isLoading(worker: number): boolean {
    return this.#workers[worker]?.isLoading ?? false;
  }

  end(worker: number, end: WorkerEnd): void {
    const ended = this.#workers[worker]!;
    if (ended.thread.pid === null || ended.end !== null) return;
    ended.end = end;
    ended.thread.endChild();
  }

  giveUp(): boolean {
    return false;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const worker of this.#workers) this.#ending.push(worker.thread.leave());
    await Promise.all(this.#ending);
  }

  #start(worker: number): PythonWorker {
    const owner: PythonThreadOwner = {
      onMessage: (message) => this.#hear(worker, started, message),
      onProblem: (problem, cause) =>
        this.#listener.onFailure(new ManyfitError("worker_failed", `worker ${worker} ${problem}`, { cause })),
    };
    const { entry, reserve } = this.#threads;
    const thread = reserve?.take(worker) ?? new PythonThread(entry, owner);
    const started: PythonWorker = { thread, isLoading: true, end: null };
    thread.belongTo(owner);
    thread.post({ type: "init", version: PROTOCOL_VERSION, worker, ...this.#init });
    if (this.#isHeld) thread.post({ type: "hold", isHeld: true });
    return started;
  }

  #hear(worker: number, started: PythonWorker, message: WorkerMessage | PythonHostMessage): void {
    if (message.type === "child" || message.type === "answered") return;
    if (message.type === "broken") this.#listener.onFailure(new ManyfitError(message.code, message.message));
    else if (message.type === "ready") started.isLoading = false;
    else if (message.type === "ended") this.#bury(worker, started, message.end);
    else this.#listener.onMessage(worker, message);
  }

  #bury(worker: number, started: PythonWorker, { cause, signal, isGivenUp, lastWords }: ProcessEnd): void {
    this.#ending.push(started.thread.terminate());
    const name = `worker ${worker}`;
    // It may have ended by itself a moment before it was ended.
    const end = signal === "SIGKILL" && !isGivenUp ? started.end : null;
    const death =
      end === null
        ? { cause, name, lastWords, end }
        : { cause: endText(name, end), name, lastWords: "", end };
    this.#listener.onDeath(worker, death);
  }
}
