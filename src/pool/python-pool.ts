import { Worker } from "node:worker_threads";
import { ManyfitError } from "../errors.ts";
import type { ProcessEnd } from "../protocol/framed-process.ts";
import {
  type EngineMessage,
  type HoldMessage,
  type LeaveMessage,
  PROTOCOL_VERSION,
  type PythonHostMessage,
  type WorkerMessage,
} from "../protocol/message.ts";
import { threadFlags } from "../thread-flags.ts";
import { startOf, type WorkerEntry } from "../worker/worker-entry.ts";
import { endText, type WorkerEnd } from "./worker-end.ts";
import type { PoolInit, TaskMessage, WorkerPool, WorkerPoolListener } from "./worker-pool.ts";

/** Milliseconds that a thread has to see its child end, before it is ended itself. */
const LEAVE_WITHIN_MS = 5000;

/** A thread with its Python child. */
interface PythonWorker {
  readonly thread: Worker;
  /** The child's; null where it is not known yet, or gone. */
  pid: number | null;
  /** Whether the child has still to load its trainer. */
  isLoading: boolean;
  /** Why the child was ended; null where nobody did. */
  end: WorkerEnd | null;
  /** Whether nothing is told of it any more. */
  isOver: boolean;
}

/**
 * Workers that are threads of this process, each with a Python child in which code of the user's runs: rows go over shared
 * memory to the thread, which cuts, orders and divides them, and from there to the child. Whatever the trainer does to its
 * process, it does to one worker, and thread and child are both started anew.
 */
export class PythonPool implements WorkerPool {
  readonly size: number;
  readonly #threadEntry: WorkerEntry;
  readonly #init: PoolInit;
  readonly #listener: WorkerPoolListener;
  readonly #workers: PythonWorker[];
  readonly #ending: Promise<unknown>[] = [];
  #isHeld = false;
  #isClosed = false;

  constructor(size: number, threadEntry: WorkerEntry, init: PoolInit, listener: WorkerPoolListener) {
    this.size = size;
    this.#threadEntry = threadEntry;
    this.#init = init;
    this.#listener = listener;
    this.#workers = Array.from({ length: size }, (_, worker) => this.#start(worker));
  }

  send(worker: number, message: TaskMessage): void {
    this.#workers[worker]!.thread.postMessage(message);
  }

  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
    for (const { thread } of this.#workers)
      thread.postMessage({ type: "hold", isHeld } satisfies HoldMessage);
  }

  restart(worker: number): void {
    if (!this.#isClosed) this.#workers[worker] = this.#start(worker);
  }

  pidOf(worker: number): number | null {
    const { pid, end } = this.#workers[worker]!;
    return end === null ? pid : null;
  }

  isLoading(worker: number): boolean {
    return this.#workers[worker]?.isLoading ?? false;
  }

  end(worker: number, end: WorkerEnd): void {
    const ended = this.#workers[worker]!;
    if (ended.pid === null || ended.end !== null) return;
    ended.end = end;
    killGroup(ended.pid);
  }

  giveUp(): boolean {
    return false;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const worker of this.#workers) this.#ending.push(leave(worker));
    await Promise.all(this.#ending);
  }

  #start(worker: number): PythonWorker {
    const { path, argv } = startOf(this.#threadEntry);
    const thread = new Worker(path, { argv, execArgv: threadFlags() });
    const started: PythonWorker = { thread, pid: null, isLoading: true, end: null, isOver: false };
    const fail = (problem: string, cause?: Error): void => {
      if (started.isOver) return;
      this.#listener.onFailure(new ManyfitError("worker_failed", `worker ${worker} ${problem}`, { cause }));
    };
    thread.on("message", (message: WorkerMessage | PythonHostMessage) =>
      this.#hear(worker, started, message),
    );
    thread.on("error", (cause: Error) => fail(`failed: ${cause.message}`, cause));
    thread.on("messageerror", (cause: Error) => fail(`sent what cannot be read: ${cause.message}`, cause));
    thread.on("exit", (code) => fail(`ended early, with code ${code}`));
    const init: EngineMessage = { type: "init", version: PROTOCOL_VERSION, worker, ...this.#init };
    thread.postMessage(init);
    if (this.#isHeld) thread.postMessage({ type: "hold", isHeld: true } satisfies HoldMessage);
    return started;
  }

  #hear(worker: number, started: PythonWorker, message: WorkerMessage | PythonHostMessage): void {
    if (message.type === "child") {
      started.pid = message.pid;
      // It was started while its pool was being closed.
      if (started.isOver) killGroup(message.pid);
    }
    if (started.isOver || message.type === "child") return;
    if (message.type === "broken") this.#listener.onFailure(new ManyfitError(message.code, message.message));
    else if (message.type === "ready") started.isLoading = false;
    else if (message.type === "ended") this.#bury(worker, started, message.end);
    else this.#listener.onMessage(worker, message);
  }

  #bury(worker: number, started: PythonWorker, { cause, signal, isGivenUp, lastWords }: ProcessEnd): void {
    started.pid = null;
    started.isOver = true;
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

/** Ends thread and child, of which nothing is told any more, and waits until both are gone. */
async function leave(worker: PythonWorker): Promise<void> {
  const { thread, pid } = worker;
  if (worker.isOver) return;
  worker.isOver = true;
  if (pid !== null) killGroup(pid);
  const gone = new Promise((exit) => thread.once("exit", exit));
  thread.postMessage({ type: "leave" } satisfies LeaveMessage);
  const tooLate = setTimeout(() => void thread.terminate(), LEAVE_WITHIN_MS);
  await gone;
  clearTimeout(tooLate);
}

/** Ends a Python child with all that it started and that did not leave its group. */
function killGroup(pid: number): void {
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, "SIGKILL");
      return;
    } catch {
      // It leads no group (Windows has none), or it is gone already.
    }
  }
}
