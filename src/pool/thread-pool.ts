import { Worker } from "node:worker_threads";
import { ManyfitError } from "../errors.ts";
import { type EngineMessage, PROTOCOL_VERSION, type WorkerMessage } from "../protocol/message.ts";
import { threadOptions } from "../thread-options.ts";
import { startOf, type WorkerEntry } from "../worker/worker-entry.ts";
import type { PoolInit, TaskMessage, WorkerPool, WorkerPoolListener } from "./worker-pool.ts";

/**
 * Workers that are threads of this process and share memory with it. They run what manyfit ships; one that ends all the
 * same is a failure of the pool, because whatever ended it may have harmed the process, too.
 */
export class ThreadPool implements WorkerPool {
  readonly size: number;
  readonly #threads: Worker[] = [];
  #isClosing = false;

  /**
   * Starts `size` threads that run `threadEntry`.
   * @throws whatever Node does where the system does not give so many; none is left then.
   */
  constructor(size: number, threadEntry: WorkerEntry, init: PoolInit, listener: WorkerPoolListener) {
    this.size = size;
    const { path, argv } = startOf(threadEntry);
    try {
      for (let worker = 0; worker < size; worker++) {
        const thread = new Worker(path, { argv, ...threadOptions() });
        this.#threads.push(thread);
        this.#listen(thread, worker, listener);
        const message: EngineMessage = { type: "init", version: PROTOCOL_VERSION, worker, ...init };
        thread.postMessage(message);
      }
    } catch (error) {
      void this.close();
      throw error;
    }
  }

  send(worker: number, message: TaskMessage): void {
    this.#threads[worker]!.postMessage(message);
  }

  /** What threads say is small: numbers for each partition of the tasks that they have. */
  hold(): void {}

  restart(worker: number): void {
    throw new ManyfitError("internal", `worker ${worker} is a thread, which is never started again`);
  }

  pidOf(): null {
    return null;
  }

  isLoading(): boolean {
    return false;
  }

  end(worker: number): void {
    throw new ManyfitError("internal", `worker ${worker} is a thread, which has no limits`);
  }

  giveUp(): boolean {
    return false;
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    await Promise.all(this.#threads.map((thread) => thread.terminate()));
  }

  #listen(thread: Worker, worker: number, listener: WorkerPoolListener): void {
    const fail = (problem: string, cause?: Error): void => {
      if (this.#isClosing) return;
      listener.onFailure(new ManyfitError("worker_failed", `worker ${worker} ${problem}`, { cause }));
    };
    thread.on("message", (message: WorkerMessage) => {
      if (this.#isClosing) return;
      if (message.type === "broken") listener.onFailure(new ManyfitError(message.code, message.message));
      else if (message.type !== "ready") listener.onMessage(worker, message);
    });
    thread.on("error", (cause: Error) => fail(`failed: ${cause.message}`, cause));
    thread.on("messageerror", (cause: Error) => fail(`sent what cannot be read: ${cause.message}`, cause));
    thread.on("exit", (code) => fail(`ended early, with code ${code}`));
  }
}
